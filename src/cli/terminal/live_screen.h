#pragma once

#include <termios.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hearth::cli {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool operator==(const ScreenSize&) const = default;
};

/// A terminal whose whole window shows one picture, again and again, in place.
///
/// While it exists the terminal shows its alternate screen without a cursor, and keys arrive one by
/// one without an echo. The destructor gives the terminal back as it was; so does a signal that
/// ends the process (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT), at any moment, also while the
/// process waits for something else. One per process. Not thread-safe.
class LiveScreen {
 public:
  /// What ended a wait.
  struct Woken {
    enum class By : std::uint8_t { kTime, kKey, kResize, kGone } by = By::kTime;
    char key = 0;  ///< kKey.
  };

  /// kFailed: `in` or `out` is not a terminal. Neither is closed.
  static Result<LiveScreen> open(int in, int out);
  ~LiveScreen();
  LiveScreen(LiveScreen&& other) noexcept;
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;
  LiveScreen& operator=(LiveScreen&&) = delete;

  /// Of the window, as it is at the moment.
  ScreenSize size() const;
  /// Shows these lines, which must fit the window, and nothing else. They are written in one go and
  /// without clearing first, so that nothing flickers. Foreign text in them passes printable()
  /// first.
  void show(const std::vector<std::string>& lines) const;
  /// Until a key is pressed, the window has another size, or the time is over. kGone: the terminal
  /// was closed.
  Woken wait(Duration duration) const;

 private:
  LiveScreen(int in, int out) : in_(in), out_(out) {}

  int in_;
  int out_;
  bool owns_ = true;  ///< False: it was moved from.
};

}  // namespace hearth::cli
