#pragma once

#include <string>

#include "adapters/http/http_server.h"
#include "adapters/http/message_head.h"
#include "adapters/http/message_reader.h"
#include "adapters/http/transfer_pace.h"
#include "adapters/loop/worker_thread.h"

namespace hearth::http {

/// How long unwanted bytes are read and discarded after an answer.
inline constexpr Duration kReadAwayTimeout = std::chrono::seconds(1);

/// What all exchanges of one server share.
struct ServerResources {
  ServerResources(boost::asio::io_context& the_loop, HttpServerConfig the_config)
      : loop(the_loop), config(std::move(the_config)), files(the_loop) {}

  boost::asio::io_context& loop;
  HttpServerConfig config;
  WorkerThread files;
  HttpServerCounters counters;
  std::size_t streams_open = 0;
};

/// One accepted connection, shared by its coroutine and the server.
struct ServerConnection {
  explicit ServerConnection(boost::asio::io_context& loop)
      : transport(loop), reader(transport, MessageReader::Kind::kRequests), sleeper(loop) {}

  /// Closes it, whatever it waits for.
  void close() {
    transport.close();
    sleeper.wake();
  }

  Transport transport;
  MessageReader reader;
  Sleeper sleeper;   ///< While a handler waits for something other than the peer.
  bool idle = true;  ///< No answer is due on it: it can be closed for a new connection.
};

/// The implementation of HttpExchange: a request on a connection of our server.
class ServerExchange final : public HttpExchange {
 public:
  ServerExchange(ServerResources& server, ServerConnection& connection, Coroutine& coroutine,
                 const MessageHead& head, HttpRequest request);
  ~ServerExchange() override;

  /// Makes the answer the last one on this connection.
  void close_afterwards() { last_ = true; }
  /// Ends the exchange with the handler's result. True if the connection can carry another one.
  bool finish(const Result<void>& handled);

  const HttpRequest& request() const override { return request_; }
  Result<std::string_view> read_some(Duration quiet_max) override;
  Result<std::string> read_body(std::size_t bytes_max) override;
  Result<ReceivedFile> read_body_to_file(const std::filesystem::path& file,
                                         std::uint64_t bytes_max) override;
  Result<void> respond(HttpResponse response) override;
  Result<void> respond_file(const std::filesystem::path& file,
                            std::string_view content_type) override;
  Result<void> begin_stream(std::string_view content_type) override;
  Result<void> write(std::string_view chunk) override;
  Result<WaitEnd> wait(Notifier& notifier, Duration timeout) override;
  Result<void> relay(const Endpoint& server, const std::string& target) override;
  void run_blocking(const std::function<void()>& work) override;

 private:
  enum class Phase : std::uint8_t { kOpen, kStreaming, kAnswered, kBroken };

  Result<void> check_answerable() const;
  Error refuse_body(std::uint64_t bytes_max);
  Result<std::string_view> read_within_pace();
  Result<void> send(std::initializer_list<std::string_view> parts);
  Result<void> send_piece(std::initializer_list<std::string_view> parts, std::size_t bytes);
  Result<void> begin_stream_with(unsigned status, std::string_view content_type);
  Result<void> pass_on(class ClientConnection& from, const Endpoint& server,
                       const std::string& target);
  HeadWriter head_of(unsigned status, std::string_view content_type) const;
  bool keeps_alive() const;
  bool drain_body();
  bool head_only() const { return request_.method == HttpMethod::kHead; }

  ServerResources& server_;
  ServerConnection& connection_;
  Coroutine& coroutine_;
  const MessageHead& head_;
  const HttpRequest request_;
  TransferMeter reading_;
  TransferMeter writing_;
  Phase phase_ = Phase::kOpen;
  bool last_ = false;
  bool counted_as_stream_ = false;
  bool continue_wanted_ = false;        ///< The client waits for "100 Continue" before its body.
  std::optional<unsigned> body_fault_;  ///< The status for what was wrong with the body.
};

}  // namespace hearth::http
