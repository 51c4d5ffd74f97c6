#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hearth::usage {

/// What Text::completes may say besides words.
inline constexpr std::string_view kFiles = "<files>";
inline constexpr std::string_view kFolders = "<folders>";

/// What a program or a command may be told, declared by itself: what is read, and what its help,
/// its man page and the shells' completions say, are the same. The declared variables are filled by
/// read_words() and must live until then.
class Arguments {
 public:
  enum class Kind : std::uint8_t { kFlag, kValue, kList, kPositional };
  enum class Need : std::uint8_t { kRequired, kOptional };

  /// How an argument is written and told. Literals: the views outlive everything.
  struct Text {
    std::string_view names;        ///< "-f,--follow"; of a positional its placeholder.
    std::string_view placeholder;  ///< "DIR"; empty for a flag.
    std::string_view help;
    /// What a shell offers for its value: kFiles, kFolders, or words with spaces between them.
    std::string_view completes = {};
  };
  struct Declared {
    Kind kind;
    Need need;
    Text text;
    /// Called with each value (a flag: with ""). An error says what would be right.
    std::function<Result<void>(const std::string&)> take;
  };

  void flag(Text text, bool& into);
  void value(Text text, std::string& into, Need need = Need::kOptional);
  void value(Text text, std::optional<std::string>& into);
  void value(Text text, std::filesystem::path& into);
  void value(Text text, std::uint32_t& into, std::uint32_t low, std::uint32_t high);
  void value(Text text, std::optional<std::uint32_t>& into, std::uint32_t low, std::uint32_t high);
  void value(Text text, Duration& into);
  /// Every value that is given, in order.
  void list(Text text, std::vector<std::string>& into);
  void positional(std::string_view placeholder, std::string_view help, std::string& into,
                  Need need = Need::kRequired, std::string_view completes = {});
  /// A value that `parse` (string_view → Result<T>) takes.
  template <class T, class Parse>
  void parsed(Text text, Parse parse, T& into, Need need = Need::kOptional) {
    declare(Kind::kValue, need, text, [parse, &into](const std::string& given) -> Result<void> {
      auto result = parse(given);
      if (!result) return tl::unexpected(result.error());
      into = *std::move(result);
      return {};
    });
  }

  const std::vector<Declared>& declared() const { return declared_; }

  /// A copy that tells the same and fills nothing: it may outlive the variables.
  Arguments without_targets() const;

 private:
  void declare(Kind kind, Need need, Text text,
               std::function<Result<void>(const std::string&)> take);

  std::vector<Declared> declared_;
};

/// Fills what `arguments` declare from the words of a command line, as POSIX and GNU write them:
/// `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-fn VALUE`, options and positionals in
/// any order, only positionals behind `--`. Names are written out. Of an option that is given twice
/// the last one counts: who wraps a command in a script adds what differs.
///
/// kInvalidArgument: one sentence with the argument, what is wrong with it and what would be right.
Result<void> read_words(const std::vector<std::string>& words, const Arguments& arguments);

/// Whether `-h` or `--help` stands among the words, before a `--`.
bool asks_for_help(const std::vector<std::string>& words);

/// The two names in "-f,--follow", either of them empty if there is none.
struct OptionNames {
  std::string_view short_name;
  std::string_view long_name;
};
OptionNames names_of(const Arguments::Text& text);

}  // namespace hearth::usage
