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
  std::string doing;   ///< For people: completes "the Docker engine failed to …".
  http::CallTimes patience;
};

struct EngineAnswer {
  unsigned status = 0;
  std::string body;
};

/// A body to send that is too large for memory.
struct Upload {
  std::uint64_t size;
  /// The next piece, valid until the next call; `size` bytes in all.
  std::function<Result<std::string_view>(Coroutine&)> next;
};

/// A connection to the engine, and what it is asked on it.
struct EngineConnection {
  explicit EngineConnection(boost::asio::io_context& loop) : http(loop) {}

  http::ClientConnection http;
  std::string doing;
};

/// An answer whose body is read piece by piece. To drop it early drops its connection, which tells
/// the engine to stop what it does for it.
class AnswerStream {
 public:
  AnswerStream(std::shared_ptr<EngineConnection> connection, unsigned status)
      : connection_(std::move(connection)), status_(status) {}

  unsigned status() const { return status_; }
  /// The next piece, valid until the next call; empty at the end.
  Result<std::string_view> next(Coroutine& coroutine);
  /// What is left of the body. kExhausted if it is more than `bytes_max`.
  Result<std::string> rest(std::size_t bytes_max, Coroutine& coroutine);

 private:
  friend class EngineClient;

  std::shared_ptr<EngineConnection> connection_;  // The client knows it, to break it off.
  unsigned status_;
};

/// Speaks HTTP to one Docker engine over its unix socket: keeps a few connections open for the next
/// request, and agrees on the API's version with the first.
///
/// Used by coroutines on one loop. Errors: kUnavailable if the engine cannot be reached or broke
/// off, kUnauthorized if its socket is not for this user, kTimeout, kCorrupt if its answer is not
/// HTTP, kExhausted if that is too large. What the engine answered, be it 500, is an answer.
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

  /// Drops the connections of requests for `doing`, which tells the engine to stop what it does for
  /// them; they end with kUnavailable.
  void break_off(std::string_view doing);
  /// The engine is, or may be, another one from now on: agree anew.
  void forget();
  /// Breaks off everything, for good.
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
  std::vector<std::weak_ptr<EngineConnection>> open_;  ///< To break off; some may be gone.
  std::vector<Connection> idle_;
  bool closed_ = false;
};

}  // namespace hearth::docker
