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

/// Values of Text::completes other than words.
inline constexpr std::string_view kFiles = "<files>";
inline constexpr std::string_view kFolders = "<folders>";

/// The arguments of a program or a command, declared once: they define what is read and what the
/// help, the man page and the shells' completions say. read_words() fills the declared variables,
/// which must exist until then.
class Arguments {
 public:
  enum class Kind : std::uint8_t { kFlag, kValue, kList, kPositional };
  enum class Need : std::uint8_t { kRequired, kOptional };

  /// How an argument is written and described. Literals: the views outlive everything.
  struct Text {
    std::string_view names;        ///< "-f,--follow"; for a positional, its placeholder.
    std::string_view placeholder;  ///< "DIR"; empty for a flag.
    std::string_view help;
    /// What a shell offers as its value: kFiles, kFolders, or words separated by spaces.
    std::string_view completes = {};
  };
  struct Declared {
    Kind kind;
    Need need;
    Text text;
    /// Called with each value (for a flag: with ""). The error says what is valid.
    std::function<Result<void>(const std::string&)> take;
  };

  void flag(Text text, bool& into);
  void value(Text text, std::string& into, Need need = Need::kOptional);
  void value(Text text, std::optional<std::string>& into);
  void value(Text text, std::filesystem::path& into);
  void value(Text text, std::uint32_t& into, std::uint32_t low, std::uint32_t high);
  void value(Text text, std::optional<std::uint32_t>& into, std::uint32_t low, std::uint32_t high);
  void value(Text text, Duration& into);
  /// Every value given, in order.
  void list(Text text, std::vector<std::string>& into);
  void positional(std::string_view placeholder, std::string_view help, std::string& into,
                  Need need = Need::kRequired, std::string_view completes = {});
  /// A value that `parse` (string_view → Result<T>) accepts.
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

  /// A copy with the same descriptions that fills nothing: it may outlive the variables.
  Arguments without_targets() const;

 private:
  void declare(Kind kind, Need need, Text text,
               std::function<Result<void>(const std::string&)> take);

  std::vector<Declared> declared_;
};

/// Fills the variables of `arguments` from the words of a command line, in the notation of POSIX
/// and GNU: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-fn VALUE`, options and
/// positionals in any order, only positionals after `--`. Names cannot be abbreviated. If an option
/// is given twice, the last one counts, so that scripts can wrap a command and override options.
///
/// kInvalidArgument: one sentence with the argument, what is wrong with it and what is valid.
Result<void> read_words(const std::vector<std::string>& words, const Arguments& arguments);

/// Whether `-h` or `--help` is among the words, before a `--`.
bool asks_for_help(const std::vector<std::string>& words);

/// The two names in "-f,--follow"; a missing one is empty.
struct OptionNames {
  std::string_view short_name;
  std::string_view long_name;
};
OptionNames names_of(const Arguments::Text& text);

}  // namespace hearth::usage
