#pragma once

#include <chrono>
#include <mutex>
#include <string_view>

#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// Lines with the time since the start in front. From several threads.
class DevConsole {
 public:
  explicit DevConsole(Terminal& terminal) : terminal_(terminal) {}

  /// "   4.2 s  text".
  void tell(std::string_view text, Paint paint = Paint::kPlain);
  /// What some other program said, set off from our own words.
  void quote(std::string_view line);
  /// Without the time.
  void say(std::string_view line);

 private:
  Terminal& terminal_;
  std::mutex mutex_;  ///< One line at a time.
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace hearth::cli
