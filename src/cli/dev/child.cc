#include "cli/dev/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "adapters/file/file.h"

namespace hearth::cli {
namespace {

namespace asio = boost::asio;

/// Runs between fork and exec: only system calls, because other threads may have held any lock at
/// the fork.
[[noreturn]] void exec_child(char* const* arguments, int output, pid_t parent) {
  constexpr int kCannotRun = 127;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCannotRun);  // The parent ended before prctl().
  ::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execv(arguments[0], arguments);
  ::_exit(kCannotRun);
}

}  // namespace

class Child::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& loop, pid_t pid, int pidfd, int output, BoundedLog& log,
        std::function<void(int)> on_end)
      : pid_(pid),
        end_(loop, pidfd),
        output_(loop, output),
        log_(&log),
        on_end_(std::move(on_end)) {
    output_.non_blocking(true);
  }

  void watch() {
    read();
    wait_for_end();
  }

  void signal(int number) {
    if (pid_ > 0) ::kill(-pid_, number);
  }

  /// The owner is destroyed, and with it the log.
  void abandon() {
    on_end_ = nullptr;
    log_ = nullptr;
    signal(SIGKILL);
  }

 private:
  void read() {
    output_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& ec) {
                         if (!ec && self->take_output()) self->read();
                       });
  }

  /// Reads the available output. False at its end.
  bool take_output() {
    std::array<char, 8192> bytes;
    for (;;) {
      const ssize_t got = ::read(output_.native_handle(), bytes.data(), bytes.size());
      if (got > 0 && log_) log_->append({bytes.data(), static_cast<std::size_t>(got)});
      if (got == 0) return false;
      if (got < 0) return errno == EAGAIN || errno == EINTR;
    }
  }

  void wait_for_end() {
    end_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this()](const boost::system::error_code&) { self->reap(); });
  }

  /// Asio may report readiness that belonged to an earlier descriptor of the same number, so this
  /// polls the child and does not block.
  void reap() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return wait_for_end();
    pid_ = 0;
    take_output();
    boost::system::error_code ignored;
    output_.close(ignored);
    const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (auto on_end = std::exchange(on_end_, nullptr)) on_end(code);
  }

  pid_t pid_;  ///< 0: the program has ended.
  asio::posix::stream_descriptor end_;
  asio::posix::stream_descriptor output_;
  BoundedLog* log_;
  std::function<void(int)> on_end_;
};

Result<Child> Child::start(asio::io_context& loop, const std::vector<std::string>& command,
                           BoundedLog& log, std::function<void(int code)> on_end) {
  std::array<int, 2> pipe{};
  if (::access(command[0].c_str(), X_OK) != 0 || ::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    return tl::unexpected(file_error("cannot start", command[0], errno));
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) exec_child(arguments.data(), pipe[1], parent);
  const int error = errno;
  ::close(pipe[1]);
  if (pid < 0) {
    ::close(pipe[0]);
    return tl::unexpected(file_error("cannot start", command[0], error));
  }
  ::setpgid(pid, pid);  // Parent and child both do, so the order of the two does not matter.
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  auto state = std::make_shared<State>(loop, pid, pidfd, pipe[0], log, std::move(on_end));
  state->watch();
  return Child(std::move(state));
}

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Child::~Child() {
  if (state_) state_->abandon();
}

void Child::signal(int number) {
  state_->signal(number);
}

}  // namespace hearth::cli
