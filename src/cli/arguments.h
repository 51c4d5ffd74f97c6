#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration_text.h"
#include "base/result.h"
#include "model/ids.h"

namespace hearth::cli {

enum class OutputFormat : std::uint8_t { kText, kJson };

/// What every command that talks to a manager may be told.
struct ConnectionArguments {
  std::optional<Endpoint> manager;
  std::optional<std::filesystem::path> token_file;
};

/// What a command may be told, declared by the command itself: what is read and what `--help` says
/// are the same. The declared variables are filled before the command runs.
///
/// CLI11 does the reading, in command_line.cc; nobody else compiles it.
class Arguments {
 public:
  enum class Kind : std::uint8_t { kFlag, kValue, kList, kPositional };
  enum class Need : std::uint8_t { kRequired, kOptional };

  /// How an argument is written and told.
  struct Text {
    std::string_view names;        ///< "-f,--follow"; of a positional its placeholder.
    std::string_view placeholder;  ///< "DIR"; empty for a flag.
    std::string_view help;
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
                  Need need = Need::kRequired);
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

  /// --manager and --token-file.
  void connection(ConnectionArguments& into);
  /// -o, --output.
  void output(OutputFormat& into);

  const std::vector<Declared>& declared() const { return declared_; }

 private:
  void declare(Kind kind, Need need, Text text,
               std::function<Result<void>(const std::string&)> take);

  std::vector<Declared> declared_;
};

/// "64M", "2G" (binary units; "64MiB" too; without one it is bytes): 6 MiB to 1 PiB, or 0.
Result<std::uint64_t> parse_memory(std::string_view text);
/// "0.5", "2": cores, as thousandths; 0.001 to 1000, or 0.
Result<std::uint32_t> parse_cpus(std::string_view text);

}  // namespace hearth::cli
