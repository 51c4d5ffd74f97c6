#include "cli/terminal/live_screen.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kEntered = "\x1b[?1049h";
constexpr const char* kLeft = "\x1b[?1049l";

/// A window of 80 columns and 24 rows, and its user.
class Window {
 public:
  Window() {
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(::openpty(&user_, &program_, nullptr, nullptr, &size), 0);
  }
  ~Window() {
    ::close(user_);
    ::close(program_);
  }
  int program() const { return program_; }
  void press(char key) const { EXPECT_EQ(::write(user_, &key, 1), 1); }
  void resize(unsigned short columns, unsigned short rows) const {
    winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(::ioctl(user_, TIOCSWINSZ, &size), 0);
  }
  bool echoes() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(program_, &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
  }
  /// What was shown until `text` appeared.
  std::string seen_until(std::string_view text) {
    std::string seen;
    while (seen.find(text) == std::string::npos) {
      pollfd waited{.fd = user_, .events = POLLIN, .revents = 0};
      if (::poll(&waited, 1, 10'000) <= 0) break;
      char bytes[4096];
      const ssize_t got = ::read(user_, bytes, sizeof bytes);
      if (got <= 0) break;
      seen.append(bytes, static_cast<std::size_t>(got));
    }
    return seen;
  }

 private:
  int user_ = -1;
  int program_ = -1;
};

TEST(LiveScreen, TakesTheTerminalAndGivesItBack) {
  Window window;
  {
    const Result<LiveScreen> screen = LiveScreen::open(window.program(), window.program());
    ASSERT_TRUE(screen);
    EXPECT_FALSE(window.echoes());
    screen->show({"one", "two"});
    const std::string seen = window.seen_until("two");
    EXPECT_THAT(seen, StartsWith(kEntered));
    EXPECT_THAT(seen, HasSubstr("\x1b[Hone\x1b[0m\x1b[K\r\ntwo"));
  }
  EXPECT_TRUE(window.echoes());
  EXPECT_THAT(window.seen_until(kLeft), EndsWith(kLeft));
}

TEST(LiveScreen, WakesForAKeyAnotherSizeAndTheTime) {
  Window window;
  const Result<LiveScreen> screen = LiveScreen::open(window.program(), window.program());
  ASSERT_TRUE(screen);
  EXPECT_EQ(screen->size(), (ScreenSize{80, 24}));
  EXPECT_EQ(screen->wait(1ms).by, LiveScreen::Woken::By::kTime);
  window.press('q');
  const LiveScreen::Woken woken = screen->wait(10s);
  EXPECT_EQ(woken.by, LiveScreen::Woken::By::kKey);
  EXPECT_EQ(woken.key, 'q');
  window.resize(120, 40);
  ::raise(SIGWINCH);  // The kernel sends it to the terminal's own session.
  EXPECT_EQ(screen->wait(10s).by, LiveScreen::Woken::By::kResize);
  EXPECT_EQ(screen->size(), (ScreenSize{120, 40}));
}

TEST(LiveScreen, GivesTheTerminalBackOnASignal) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    Window window;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const Result<LiveScreen> screen = LiveScreen::open(window.program(), window.program());
      if (!screen) ::_exit(1);
      screen->show({"here"});
      for (;;) ::pause();  // As if it waited for a manager.
    }
    EXPECT_THAT(window.seen_until("here"), HasSubstr(kEntered));
    ::kill(child, number);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), number);
    EXPECT_THAT(window.seen_until(kLeft), HasSubstr(kLeft));
    EXPECT_TRUE(window.echoes());
  }
}

TEST(LiveScreen, NeedsATerminal) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  EXPECT_FALSE(LiveScreen::open(pipe[0], pipe[1]));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

}  // namespace
}  // namespace hearth::cli
