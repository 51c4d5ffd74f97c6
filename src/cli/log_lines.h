#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// Puts the output of several instances on one terminal, whole lines at a time, each with its
/// instance in front. Shared by the threads that read; each has a Source of its own.
class LogLines {
 public:
  /// A longer line comes out in pieces.
  static constexpr std::size_t kLineBytesMax = 64 * 1024;

  enum class Prefix : std::uint8_t { kNone, kInstance };

  LogLines(Terminal& terminal, Prefix prefix) : terminal_(terminal), prefix_(prefix) {}

  class Source {
   public:
    Source(LogLines& lines, std::string instance, std::size_t prefix_columns);
    /// Prints a last line that had no end.
    ~Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// Without a prefix bytes pass through as they are.
    void feed(std::string_view bytes);

   private:
    void print(std::string_view line);

    LogLines& lines_;
    std::string prefix_;
    std::string begun_;  ///< A line whose end has not come yet.
  };

 private:
  Terminal& terminal_;
  Prefix prefix_;
  std::mutex mutex_;  ///< One line at a time.
};

}  // namespace hearth::cli
