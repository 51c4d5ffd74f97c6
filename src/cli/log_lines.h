#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// Prints the output of several instances on one terminal, one whole line at a time. Shared by the
/// reading threads; each has a Source of its own.
///
/// On a terminal the output can control nothing (terminal_text()); to a file or a pipe its bytes
/// are written as they are. The prefix begins every line, and nothing can return to it.
class LogLines {
 public:
  /// A longer line is printed in pieces.
  static constexpr std::size_t kLineBytesMax = 64 * 1024;

  enum class Form : std::uint8_t {
    kPlain,     ///< As it was written.
    kPrefixed,  ///< Prefixed with the instance.
    kJson,      ///< {"instance","line"}; invalid UTF-8 is replaced.
  };

  LogLines(Terminal& terminal, Form form) : terminal_(terminal), form_(form) {}

  bool takes_more() const { return takes_more_; }

  class Source {
   public:
    Source(LogLines& lines, std::string instance, std::size_t prefix_columns);
    /// Prints a last line without a line end.
    ~Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// False once the terminal accepts no more output.
    bool feed(std::string_view bytes);

   private:
    void print(std::string_view line);

    LogLines& lines_;
    std::string instance_;
    std::string prefix_;
    std::string begun_;   ///< A line whose end has not arrived yet.
    TerminalText plain_;  ///< kPlain, on a terminal.
  };

 private:
  Terminal& terminal_;
  Form form_;
  std::mutex mutex_;  ///< One line at a time.
  std::atomic<bool> takes_more_ = true;
};

}  // namespace hearth::cli
