#include "cli/dev/power_socket.h"

#include <sys/stat.h>

#include <chrono>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "adapters/loop/coroutine_asio.h"

namespace hearth::cli {
namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

constexpr auto kQuestionWithin = std::chrono::seconds(5);

}  // namespace

class PowerSocket::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& loop, std::filesystem::path path, Handler handler)
      : loop_(loop), path_(std::move(path)), handler_(std::move(handler)), acceptor_(loop) {}

  Result<void> open() {
    std::error_code ec;
    std::filesystem::remove(path_, ec);
    boost::system::error_code error;
    const local::endpoint endpoint(path_.string());
    acceptor_.open(endpoint.protocol(), error);
    // No other user may switch our nodes, not even between bind and chmod.
    const mode_t before = ::umask(0077);
    if (!error) acceptor_.bind(endpoint, error);
    ::umask(before);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return {};
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot listen at '{}': {}", path_.string(), error.message()));
  }

  void accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const boost::system::error_code& error, local::socket socket) {
          if (error || self->closed_) return;
          if (self->open_.size() < kConnectionsMax) self->serve(std::move(socket));
          self->accept();
        });
  }

  void close() {
    closed_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (local::socket* socket : open_) socket->close(ignored);
    std::error_code ec;
    std::filesystem::remove(path_, ec);
  }

 private:
  void serve(local::socket accepted) {
    auto socket = std::make_shared<local::socket>(std::move(accepted));
    open_.insert(socket.get());
    start_coroutine(loop_, [self = shared_from_this(), socket](Coroutine& coroutine) {
      self->converse(socket, coroutine);
      self->open_.erase(socket.get());
    });
  }

  void converse(const std::shared_ptr<local::socket>& socket, Coroutine& coroutine) {
    asio::steady_timer timer(loop_, kQuestionWithin);
    timer.async_wait([socket](const boost::system::error_code& error) {
      boost::system::error_code ignored;
      if (!error) socket->close(ignored);
    });
    std::string text;
    boost::system::error_code error;
    asio::async_read_until(*socket, asio::dynamic_buffer(text, kPowerTextBytesMax), "\n\n",
                           coroutine.yield[error]);
    timer.cancel();
    if (error || closed_) return;
    const std::string answer = answer_to(text, coroutine);
    asio::async_write(*socket, asio::buffer(answer), coroutine.yield[error]);
  }

  std::string answer_to(std::string_view text, Coroutine& coroutine) {
    const Result<PowerQuestion> question = decode_power_question(text);
    if (!question) return encode_power_answer({}, tl::unexpected(question.error()));
    return encode_power_answer(question->action, handler_(*question, coroutine));
  }

  asio::io_context& loop_;
  std::filesystem::path path_;
  Handler handler_;
  local::acceptor acceptor_;
  std::set<local::socket*> open_;
  bool closed_ = false;
};

Result<std::unique_ptr<PowerSocket>> PowerSocket::listen(asio::io_context& loop,
                                                         const std::filesystem::path& path,
                                                         Handler handler) {
  constexpr std::size_t kPathBytesMax = 107;  // The capacity of sockaddr_un.
  if (path.string().size() > kPathBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is too long for a socket's path; choose a shorter --state",
                            path.string()));
  }
  auto core = std::make_shared<Core>(loop, path, std::move(handler));
  if (Result<void> opened = core->open(); !opened) return tl::unexpected(opened.error());
  core->accept();
  return std::unique_ptr<PowerSocket>(new PowerSocket(std::move(core)));
}

PowerSocket::PowerSocket(std::shared_ptr<Core> core) : core_(std::move(core)) {}
PowerSocket::~PowerSocket() {
  core_->close();
}

}  // namespace hearth::cli
