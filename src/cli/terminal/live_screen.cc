#include "cli/terminal/live_screen.h"

#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction() is in no other header.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace hearth::cli {
namespace {

constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT};
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/// What a signal handler needs: a handler has no arguments.
struct Taken {
  int in = -1;
  int out = -1;
  termios before{};
  std::array<struct sigaction, kEnding.size()> handlers{};
  struct sigaction on_resize{};
};
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
Taken taken;
volatile sig_atomic_t is_taken = 0;
volatile sig_atomic_t is_resized = 0;
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Only calls that a signal handler may make.
void give_back() {
  if (is_taken == 0) return;
  is_taken = 0;
  write_all(taken.out, kLeave);
  (void)::tcsetattr(taken.in, TCSANOW, &taken.before);
}

void on_ending(int number) {
  give_back();
  (void)::signal(number, SIG_DFL);
  (void)::raise(number);
}

void on_resize(int /*number*/) {
  is_resized = 1;
}

struct sigaction action_of(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  return action;
}

}  // namespace

Result<LiveScreen> LiveScreen::open(int in, int out) {
  if (::isatty(out) == 0 || ::tcgetattr(in, &taken.before) != 0)
    return fail(ErrorCode::kFailed, "standard input and output are not a terminal");
  taken.in = in;
  taken.out = out;
  is_taken = 1;
  const struct sigaction ending = action_of(on_ending);
  for (std::size_t i = 0; i < kEnding.size(); ++i)
    (void)::sigaction(kEnding[i], &ending, &taken.handlers[i]);
  const struct sigaction resize = action_of(on_resize);
  (void)::sigaction(SIGWINCH, &resize, &taken.on_resize);
  termios raw = taken.before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;  // A stopped process would leave the window as it is.
  (void)::tcsetattr(in, TCSANOW, &raw);
  write_all(out, kEnter);
  return LiveScreen(in, out);
}

LiveScreen::LiveScreen(LiveScreen&& other) noexcept
    : in_(other.in_), out_(other.out_), owns_(std::exchange(other.owns_, false)) {}

LiveScreen::~LiveScreen() {
  if (!owns_) return;
  give_back();
  for (std::size_t i = 0; i < kEnding.size(); ++i)
    (void)::sigaction(kEnding[i], &taken.handlers[i], nullptr);
  (void)::sigaction(SIGWINCH, &taken.on_resize, nullptr);
}

ScreenSize LiveScreen::size() const {
  winsize window{};
  if (::ioctl(out_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0)
    return {};
  return {window.ws_col, window.ws_row};
}

void LiveScreen::show(const std::vector<std::string>& lines) const {
  std::string picture = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) picture += '\n';
    picture += lines[i] + "\x1b[0m\x1b[K";
  }
  picture += "\x1b[J";
  write_all(out_, picture);
}

LiveScreen::Woken LiveScreen::wait(Duration duration) const {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const steady_clock::time_point end = steady_clock::now() + duration;
  for (;;) {
    if (std::exchange(is_resized, 0) != 0) return {.by = Woken::By::kResize};
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left <= milliseconds(0)) return {.by = Woken::By::kTime};
    // A resize between the check above and the call below is noticed after this time.
    constexpr milliseconds kLook(200);
    pollfd waited{.fd = in_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min(left, kLook).count()));
    if (ready <= 0) continue;
    char key = 0;
    const ssize_t got = ::read(in_, &key, 1);
    if (got == 1) return {.by = Woken::By::kKey, .key = key};
    if (got < 0 && errno == EINTR) continue;
    return {.by = Woken::By::kGone};
  }
}

}  // namespace hearth::cli
