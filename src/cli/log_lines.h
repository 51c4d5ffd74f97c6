#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "cli/log_merge.h"
#include "cli/terminal/terminal.h"
#include "ports/line_matcher.h"

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
    kPrefixed,  ///< Prefixed with the instance; by time, with the time and the node, too.
    kJson,  ///< {"instance","line"}; by time, "time" and "node", too. Invalid UTF-8 is replaced.
  };
  enum class Order : std::uint8_t {
    kArrival,
    kTime,  ///< By LogMerge. Each line must begin with its time (LogRequest::timestamps).
  };
  struct Options {
    Form form = Form::kPlain;
    Order order = Order::kArrival;
    /// How long a log without lines may hold the others up, by time.
    Duration patience = std::chrono::milliseconds(500);
    std::unique_ptr<LineMatcher> wanted = nullptr;  ///< Prints only lines that match. Null: all.
  };

  LogLines(Terminal& terminal, Options options);
  /// Prints what waits. No source is left.
  ~LogLines();
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  bool takes_more() const { return takes_more_; }

  class Source {
   public:
    Source(LogLines& lines, LogMerge::Origin origin, std::size_t instance_columns);
    /// Prints a last line without a line end.
    ~Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// False once the terminal accepts no more output. Blocks while too much waits for its turn.
    bool feed(std::string_view bytes);

   private:
    void take_line(std::string_view line);

    LogLines& lines_;
    LogMerge::Origin origin_;
    std::size_t columns_;
    std::string begun_;          ///< A line whose end has not arrived yet.
    TerminalText plain_;         ///< What is passed on in pieces, on a terminal.
    LogMerge::LogId merge_ = 0;  ///< By time.
  };

 private:
  bool passes_pieces_on() const;
  void put(LogMerge::LogId log, std::string_view line);
  void print(const LogMerge::Line& line, std::size_t columns);
  std::string prefix_of(const LogMerge::Line& line, std::size_t columns) const;
  std::string json_of(const LogMerge::Line& line) const;
  void print_in_order();

  Terminal& terminal_;
  Options options_;
  std::mutex mutex_;  ///< One line at a time.
  std::condition_variable changed_;
  LogMerge merge_;
  std::size_t columns_ = 0;  ///< Of the widest instance, by time.
  bool ends_ = false;
  std::atomic<bool> takes_more_ = true;
  std::jthread printer_;  ///< By time.
};

}  // namespace hearth::cli
