#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/docker/engine_codec.h"
#include "adapters/http/client_connection.h"
#include "adapters/loop/coroutine.h"
#include "base/result.h"
#include "base/time.h"

namespace hearth::docker {

using http::kForEver;

struct EngineRequest {
  std::string_view method;
  std::string target;  ///< Without the version: "/containers/json?all=1".
  std::string body;    ///< JSON; empty: none.
  std::string doing;   ///< For error messages: completes "the Docker engine failed to …".
  http::CallTimes patience;
};

struct EngineAnswer {
  unsigned status = 0;
  std::string body;
};

/// A body to send that does not fit in memory.
struct Upload {
  std::uint64_t size;
  /// The next piece, valid until the next call; `size` bytes in all.
  std::function<Result<std::string_view>(Coroutine&)> next;
};

/// A connection to the engine and the request made on it.
struct EngineConnection {
  explicit EngineConnection(boost::asio::io_context& loop) : http(loop) {}

  http::ClientConnection http;
  std::string doing;
};

/// An answer whose body is read piece by piece. Dropping it early drops its connection, which makes
/// the engine stop the work for it.
class AnswerStream {
 public:
  AnswerStream(std::shared_ptr<EngineConnection> connection, unsigned status)
      : connection_(std::move(connection)), status_(status) {}

  unsigned status() const { return status_; }
  /// The next piece, valid until the next call; empty at the end.
  Result<std::string_view> next(Coroutine& coroutine);
  /// The next piece among the bytes that have arrived, without waiting; empty: call next().
  std::string_view arrived() { return connection_->http.reader().arrived_body(); }
  /// Much will come: reads it in larger pieces.
  void prepare_for_transfer() { connection_->http.reader().prepare_for_transfer(); }
  /// Ends a next() in progress.
  void break_off() { connection_->http.transport().close(); }
  /// The remaining body. kExhausted if it is larger than `bytes_max`.
  Result<std::string> rest(std::size_t bytes_max, Coroutine& coroutine);

 private:
  friend class EngineClient;

  std::shared_ptr<EngineConnection> connection_;  // The client observes it, to break it off.
  unsigned status_;
};

/// Speaks HTTP to one Docker engine over its unix socket. Keeps a few connections open for further
/// requests, and agrees on an API version with the first.
///
/// Used by coroutines on one loop. Errors: kUnavailable if the engine cannot be reached or broke
/// off, kUnauthorized if this user has no access to its socket, kTimeout, kCorrupt if its answer is
/// not HTTP, kExhausted if the answer is too large. Any HTTP status, even 500, is an answer and no
/// error.
class EngineClient {
 public:
  static constexpr std::size_t kIdleConnectionsMax = 4;
  static constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;

  EngineClient(boost::asio::io_context& loop, std::filesystem::path socket);
  ~EngineClient();

  Result<EngineAnswer> ask(const EngineRequest& request, Coroutine& coroutine);
  Result<AnswerStream> open(const EngineRequest& request, Coroutine& coroutine);
  Result<AnswerStream> open(const EngineRequest& request, const Upload& upload,
                            Coroutine& coroutine);

  /// Drops the connections of requests for `doing`, which makes the engine stop the work for them.
  /// They end with kUnavailable.
  void break_off(std::string_view doing);
  /// Agrees on the version again with the next request: the engine can be a different one.
  void forget();
  /// Breaks off everything, permanently.
  void close();

 private:
  using Connection = std::shared_ptr<EngineConnection>;

  Result<Connection> connect(const EngineRequest& request, Coroutine& coroutine);
  Connection take_idle();
  Result<Connection> make_connection(const EngineRequest& request, Coroutine& coroutine);
  Result<void> agree_on_version(http::ClientConnection& connection, Coroutine& coroutine);
  std::string head_of(const EngineRequest& request, std::uint64_t body_size,
                      std::string_view content_type) const;
  void keep(Connection connection);
  void each_open(const std::function<void(EngineConnection&)>& on_each);

  boost::asio::io_context& loop_;
  const std::filesystem::path socket_;
  std::optional<ApiVersion> version_;
  std::vector<std::weak_ptr<EngineConnection>> open_;  ///< To break off; some can have expired.
  std::vector<Connection> idle_;
  bool closed_ = false;
};

}  // namespace hearth::docker
