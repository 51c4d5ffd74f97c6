#include "adapters/loop/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so itself.
}
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "adapters/file/file.h"
#include "adapters/loop/coroutine.h"
#include "base/check.h"

namespace hearth {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kComplaintBytesMax = 1024;
/// A killed process ends almost at once, unless it hangs in a device driver of the kernel.
constexpr Duration kKilledWithin = std::chrono::seconds(1);

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    if (read_end >= 0) ::close(read_end);
    if (write_end >= 0) ::close(write_end);
  }
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
};

/// Returns the errno of a failed posix_spawn(), or 0.
int spawn_program(const std::vector<std::string>& command, const Pipe& input, const Pipe& errors,
                  pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);  // We ignore SIGPIPE; the program must not.
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);

  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string language = "LANG=C.UTF-8";
  std::array<char*, 3> environment{path.data(), language.data(), nullptr};

  const int error_number = ::posix_spawn(&pid, command.front().c_str(), &actions, &attributes,
                                         arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error_number;
}

/// For an error message: line ends become "; ", and control codes are removed.
std::string as_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      if (!line.empty() && !line.ends_with("; ")) line += "; ";
    } else {
      const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      line += control ? ' ' : c;
    }
  }
  while (line.ends_with(' ') || line.ends_with(';')) line.pop_back();
  return line;
}

}  // namespace

class ChildProcess::State : public std::enable_shared_from_this<ChildProcess::State> {
 public:
  State(asio::io_context& loop, std::string program, pid_t pid, int pidfd, int errors)
      : program_(std::move(program)),
        pid_(pid),
        ended_(loop, pidfd),
        errors_(loop, errors),
        changed_(loop) {}

  void begin() {
    watch();
    listen();
  }

  Result<ProcessEnd> wait(Duration timeout, Coroutine& coroutine) {
    if (!wait_for_change(timeout, coroutine)) {
      kill_group();
      wait_for_change(kKilledWithin, coroutine);
      return fail(ErrorCode::kTimeout,
                  fmt::format("'{}' did not end in time{}", program_,
                              end_ ? " and was killed" : " and could not be killed"));
    }
    if (abandoned_) return fail(ErrorCode::kUnavailable, "the command was cancelled");
    if (output_bytes_ > kOutputBytesMax) {
      return fail(ErrorCode::kFailed,
                  fmt::format("'{}' wrote more than {} bytes to stderr and was killed", program_,
                              kOutputBytesMax));
    }
    const int status = *end_;
    return ProcessEnd{.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                      .complaint = as_one_line(tail_)};
  }

  void abandon() {
    abandoned_ = true;
    kill_group();
    changed_.wake();
  }

 private:
  /// True once it has ended or was killed by kill().
  bool wait_for_change(Duration timeout, Coroutine& coroutine) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point deadline = Clock::now() + timeout;
    while (!end_ && !abandoned_) {
      const Duration left = deadline - Clock::now();
      if (left <= Duration::zero()) return false;
      changed_.sleep(left, coroutine);
    }
    return true;
  }

  void watch() {
    ended_.async_wait(asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& ec) {
                        if (!ec && !self->reap()) self->watch();
                      });
  }

  /// False if it has not ended: Asio can report an event meant for a descriptor closed just before.
  bool reap() {
    siginfo_t ended{};
    HEARTH_CHECK(::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) ==
                 0);
    if (ended.si_pid == 0) return false;
    take_output();  // It may kill, so the pid must still be ours.
    int status = 0;
    HEARTH_CHECK(::waitpid(pid_, &status, 0) == pid_);
    end_ = status;
    // A descendant might hold the other end indefinitely.
    errors_.close();
    changed_.wake();
    return true;
  }

  void listen() {
    errors_.async_wait(asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& ec) {
                         if (!ec && self->errors_.is_open() && self->take_output()) self->listen();
                       });
  }

  /// Reads what is available. False at the end of the output.
  bool take_output() {
    std::array<char, 16 * 1024> piece;
    for (std::size_t taken = 0; taken < 4 * piece.size();) {
      const ssize_t got = ::read(errors_.native_handle(), piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      const auto bytes = static_cast<std::size_t>(got);
      taken += bytes;
      output_bytes_ += bytes;
      tail_.append(piece.data(), bytes);
      if (tail_.size() > kComplaintBytesMax) tail_.erase(0, tail_.size() - kComplaintBytesMax);
      if (output_bytes_ > kOutputBytesMax) {
        kill_group();
        return false;
      }
    }
    return true;
  }

  void kill_group() {
    // Once reaped, its pid can belong to another process.
    if (!end_) ::kill(-pid_, SIGKILL);
  }

  const std::string program_;
  const pid_t pid_;
  asio::posix::stream_descriptor ended_;
  asio::posix::stream_descriptor errors_;
  Sleeper changed_;
  std::string tail_;
  std::size_t output_bytes_ = 0;
  std::optional<int> end_;  ///< The status of waitpid(), once it was reaped.
  bool abandoned_ = false;
};

Result<ChildProcess> ChildProcess::start(asio::io_context& loop,
                                         const std::vector<std::string>& command,
                                         std::string_view input) {
  HEARTH_CHECK(!command.empty() && input.size() <= kInputBytesMax);
  const std::string& program = command.front();
  const auto failed = [&](int error_number) {
    Error error = file_error("cannot start", program, error_number);
    // A limit of processes or memory is not the program's fault.
    if (error_number == EAGAIN || error_number == ENOMEM) error.code = ErrorCode::kExhausted;
    return tl::unexpected(std::move(error));
  };
  Pipe in;
  Pipe errors;
  if (!in.open() || !errors.open()) return failed(errno);
  // The pipe takes all of the input at once. Closing our end before the start gives end of file.
  HEARTH_CHECK(::write(in.write_end, input.data(), input.size()) ==
               static_cast<ssize_t>(input.size()));
  ::close(std::exchange(in.write_end, -1));
  ::fcntl(errors.read_end, F_SETFL, O_NONBLOCK);

  pid_t pid = 0;
  if (const int error_number = spawn_program(command, in, errors, pid)) return failed(error_number);
  const int pidfd = ::pidfd_open(pid, 0);
  if (pidfd < 0) {
    const int error_number = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failed(error_number);
  }
  auto state =
      std::make_shared<State>(loop, program, pid, pidfd, std::exchange(errors.read_end, -1));
  state->begin();
  return ChildProcess(std::move(state));
}

Result<ProcessEnd> ChildProcess::wait(Duration timeout, Coroutine& coroutine) {
  return state_->wait(timeout, coroutine);
}

void ChildProcess::kill() {
  state_->abandon();
}

}  // namespace hearth
