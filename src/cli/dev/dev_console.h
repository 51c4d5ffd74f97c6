#pragma once

#include <chrono>
#include <mutex>
#include <string_view>

#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// Prints lines prefixed with the time since the start. Thread-safe.
class DevConsole {
 public:
  explicit DevConsole(Terminal& terminal) : terminal_(terminal) {}

  /// "   4.2 s  text".
  void tell(std::string_view text, Paint paint = Paint::kPlain);
  /// A line of another program, set apart from our own.
  void quote(std::string_view line);
  /// A line without the time.
  void say(std::string_view line);

 private:
  Terminal& terminal_;
  std::mutex mutex_;  ///< One line at a time.
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace hearth::cli
