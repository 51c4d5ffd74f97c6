#include "cli/dev/dev_console.h"

#include <fmt/format.h>

namespace hearth::cli {

void DevConsole::tell(std::string_view text, Paint paint) {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin_;
  const std::lock_guard lock(mutex_);
  const std::string time = terminal_.painted(Paint::kDim, fmt::format("{:6.1f} s", since.count()));
  terminal_.say(fmt::format("{}  {}", time, terminal_.painted(paint, text)));
}

void DevConsole::quote(std::string_view line) {
  const std::lock_guard lock(mutex_);
  terminal_.say(terminal_.painted(Paint::kDim, fmt::format("          | {}", line)));
}

void DevConsole::say(std::string_view line) {
  const std::lock_guard lock(mutex_);
  terminal_.say(line);
}

}  // namespace hearth::cli
