#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hearth {

/// Decides which files of a build context a `.dockerignore` leaves out, by the rules of Docker's
/// builder (github.com/moby/patternmatcher):
///
/// - One pattern per line; `#` in the first column begins a comment. `!` takes files back in. The
///   last pattern that matches a file, or a folder above it, decides.
/// - Patterns are rooted at the context; a leading slash changes nothing, `.` and `..` are
///   resolved.
/// - `*` and `?` match within one path component, `**` any number of components, `[a-z]` and
///   `[^a-z]` one character, and `\` makes the next character literal. Case matters.
///
/// The Dockerfile and the .dockerignore itself are never left out. (Docker sends them too, for
/// nothing can be built without them.)
class IgnoreRules {
 public:
  /// Ignores nothing.
  IgnoreRules() = default;

  /// kInvalidArgument, with the line number, for an invalid pattern. `text` is outside input whose
  /// size the caller bounds. Matching takes time linear in pattern and path, whatever they contain.
  static Result<IgnoreRules> parse(std::string_view text);

  /// `path` is relative to the context, with slashes.
  bool ignores(std::string_view path) const;

  /// Whether an exception could match below an ignored folder, so that it must be walked.
  bool has_exceptions() const { return has_exceptions_; }

 private:
  /// One position of a compiled pattern. Characters are code points; bytes that are not UTF-8 stand
  /// for themselves, so that any file name can be matched.
  struct Token {
    enum class Kind : std::uint8_t {
      kCharacter,  ///< `first`.
      kAnyOne,     ///< One character except a slash.
      kAnyRun,     ///< Any number of characters except slashes.
      kFolders,    ///< Nothing, or anything that ends with a slash.
      kRest,       ///< Anything.
      kOneOf,      ///< A character in `ranges` (outside them if `negated`).
    };
    struct Range {
      char32_t first;
      char32_t last;
    };
    Kind kind = Kind::kCharacter;
    char32_t character = 0;
    bool negated = false;
    std::vector<Range> ranges;
  };
  struct Pattern {
    bool exception = false;
    std::vector<Token> tokens;
  };

  static Result<std::vector<Token>> compile(std::u32string_view text);
  static Result<Token> compile_class(std::u32string_view text, std::size_t& at);
  static bool accepts(const Token& token, char32_t character);
  static bool matches_path_or_parent(const Pattern& pattern, std::u32string_view path);

  std::vector<Pattern> patterns_;
  bool has_exceptions_ = false;
};

}  // namespace hearth
