#include "adapters/http/http_client.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "adapters/content/digest_writer.h"
#include "adapters/http/client_connection.h"
#include "adapters/http/hearth_call.h"
#include "adapters/http/http_problem.h"
#include "adapters/loop/worker_thread.h"
#include "base/check.h"

namespace hearth {

using http::CallTimes;
using http::ClientConnection;
using http::MessageHead;
using http::MessageReader;
using http::OutgoingBody;

namespace {

constexpr std::size_t kCallsMax = 64;
constexpr std::size_t kReplyBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kProblemBytesMax = 64 * 1024;
constexpr std::size_t kUploadQueueBytesMax = 256 * 1024;
constexpr std::size_t kFilePieceBytes = 64 * 1024;

OutgoingBody body_of(const HttpCall& call) {
  const bool expects_one = call.method == HttpMethod::kPut || call.method == HttpMethod::kPost;
  if (call.body.empty() && !expects_one) return {};
  return {OutgoingBody::Kind::kSized, call.body.size()};
}

/// For a call whose answer, or body, is a file.
CallTimes times_of_transfer(const HttpCall& call) {
  return {call.timeout, call.timeout, http::kBodyTimeMax, http::kBodyBytesPerSecondMin};
}

/// For a call whose answer, or body, is a stream that can be quiet.
CallTimes times_of_stream(const HttpCall& call, Duration piece) {
  return {call.timeout, piece, http::kForEver};
}

/// The answer's status if it is a success, else the error in its problem document.
Result<unsigned> read_success(const HttpCall& call, ClientConnection& connection,
                              Coroutine& coroutine) {
  const auto body = call.method == HttpMethod::kHead ? MessageReader::Body::kNone
                                                     : MessageReader::Body::kAsFramed;
  const Result<const MessageHead*> head = connection.read_head(body, coroutine);
  if (!head) return tl::unexpected(head.error());
  const unsigned status = (*head)->status;
  if (status >= 200 && status < 300) return status;
  const Result<std::string> problem = connection.read_rest(kProblemBytesMax, coroutine);
  return tl::unexpected(error_from_answer(status, problem.value_or("")));
}

Result<HttpReply> read_reply(const HttpCall& call, ClientConnection& connection,
                             Coroutine& coroutine) {
  const Result<unsigned> status = read_success(call, connection, coroutine);
  if (!status) return tl::unexpected(status.error());
  Result<std::string> body = connection.read_rest(kReplyBytesMax, coroutine);
  if (!body) return tl::unexpected(body.error());
  return HttpReply{*status, *std::move(body)};
}

/// A server that refuses may answer and close before it has read the whole body. Its answer says
/// more than the broken connection.
Result<HttpReply> read_reply_after(const Result<void>& sent, const HttpCall& call,
                                   ClientConnection& connection, Coroutine& coroutine) {
  if (!sent && sent.error().code == ErrorCode::kTimeout) return tl::unexpected(sent.error());
  Result<HttpReply> reply = read_reply(call, connection, coroutine);
  if (!sent && (reply || reply.error().code == ErrorCode::kUnavailable)) {
    return tl::unexpected(sent.error());
  }
  return reply;
}

struct FileToSend {
  File file;
  std::uint64_t size;
};

Result<FileToSend> open_to_send(const std::filesystem::path& path) {
  Result<File> file = File::open(path, O_RDONLY);
  if (!file) return tl::unexpected(file.error());
  std::error_code ec;
  const std::uint64_t size = std::filesystem::file_size(path, ec);
  if (ec) return tl::unexpected(file_error("cannot read", path, ec.value()));
  return FileToSend{*std::move(file), size};
}

}  // namespace

class TcpHttpClient::Core : public std::enable_shared_from_this<TcpHttpClient::Core> {
 public:
  Core(boost::asio::io_context& the_loop, std::string the_token)
      : loop(the_loop), token(std::move(the_token)), files(the_loop) {}

  /// Runs one call as a coroutine. `done` is called from the loop itself, not on the coroutine's
  /// small stack: how deep it goes is not known.
  template <class T>
  void run(Completion<T> done,
           std::function<Result<T>(Core&, ClientConnection&, Coroutine&)> work) {
    if (calls_ >= kCallsMax) {
      complete(std::move(done),
               Result<T>(fail(ErrorCode::kExhausted,
                              fmt::format("{} calls are in progress already", calls_))));
      return;
    }
    ++calls_;
    start_coroutine(loop, [self = shared_from_this(), done = std::move(done),
                           work = std::move(work)](Coroutine& coroutine) mutable {
      ClientConnection connection(self->loop);
      if (self->closed_) return;
      self->open_.insert(&connection);
      Result<T> result = work(*self, connection, coroutine);
      self->open_.erase(&connection);
      --self->calls_;
      self->complete(std::move(done), std::move(result));
    });
  }

  void close() {
    closed_ = true;
    for (ClientConnection* connection : open_) connection->transport().close();
  }

  boost::asio::io_context& loop;
  const std::string token;
  WorkerThread files;

 private:
  template <class T>
  void complete(Completion<T> done, Result<T> result) {
    boost::asio::post(loop, [self = shared_from_this(), done = std::move(done),
                             result = std::move(result)]() mutable {
      if (!self->closed_) done(std::move(result));
    });
  }

  std::size_t calls_ = 0;
  std::set<ClientConnection*> open_;
  bool closed_ = false;
};

TcpHttpClient::TcpHttpClient(boost::asio::io_context& loop, std::string token)
    : core_(std::make_shared<Core>(loop, std::move(token))) {}

TcpHttpClient::~TcpHttpClient() {
  core_->close();
}

void TcpHttpClient::send(HttpCall call, Completion<HttpReply> done) {
  core_->run<HttpReply>(std::move(done),
                        [call = std::move(call)](Core& core, ClientConnection& connection,
                                                 Coroutine& coroutine) -> Result<HttpReply> {
                          Result<void> sent =
                              begin_call(connection, call, core.token, body_of(call),
                                         CallTimes::of(call.timeout), coroutine);
                          if (!sent) return tl::unexpected(sent.error());
                          if (!call.body.empty()) sent = connection.send({call.body}, coroutine);
                          return read_reply_after(sent, call, connection, coroutine);
                        });
}

void TcpHttpClient::download(HttpCall call, std::filesystem::path file, std::uint64_t bytes_max,
                             Completion<ReceivedFile> done) {
  core_->run<ReceivedFile>(
      std::move(done),
      [call = std::move(call), file = std::move(file), bytes_max](
          Core& core, ClientConnection& connection, Coroutine& coroutine) -> Result<ReceivedFile> {
        if (auto sent = begin_call(connection, call, core.token, body_of(call),
                                   times_of_transfer(call), coroutine);
            !sent) {
          return tl::unexpected(sent.error());
        }
        const auto status = read_success(call, connection, coroutine);
        if (!status) return tl::unexpected(status.error());
        connection.reader().prepare_for_transfer();
        auto writer =
            core.files.run([&] { return DigestWriter::create(file, bytes_max); }, coroutine);
        if (!writer) return tl::unexpected(writer.error());
        const auto receive = [&]() -> Result<ReceivedFile> {
          for (;;) {
            const Result<std::string_view> piece = connection.read_some(coroutine);
            if (!piece) return tl::unexpected(piece.error());
            if (piece->empty()) return ReceivedFile{writer->finish(), writer->bytes()};
            const auto written = core.files.run([&] { return writer->write(*piece); }, coroutine);
            if (!written) return tl::unexpected(written.error());
          }
        };
        Result<ReceivedFile> received = receive();
        if (!received) {
          core.files.run(
              [&] {
                writer = tl::unexpected(received.error());  // Closes the file, to free its blocks.
                return ::unlink(file.c_str());
              },
              coroutine);
        }
        return received;
      });
}

void TcpHttpClient::upload(HttpCall call, std::filesystem::path file, Completion<HttpReply> done) {
  core_->run<HttpReply>(
      std::move(done),
      [call = std::move(call), file = std::move(file)](Core& core, ClientConnection& connection,
                                                       Coroutine& coroutine) -> Result<HttpReply> {
        auto source = core.files.run([&] { return open_to_send(file); }, coroutine);
        if (!source) return tl::unexpected(source.error());
        const OutgoingBody body{OutgoingBody::Kind::kSized, source->size};
        Result<void> sent =
            begin_call(connection, call, core.token, body, times_of_transfer(call), coroutine);
        if (!sent) return tl::unexpected(sent.error());
        for (std::uint64_t left = source->size; sent && left > 0;) {
          const auto wanted = std::min<std::uint64_t>(left, kFilePieceBytes);
          const auto piece = core.files.run([&] { return source->file.read(wanted); }, coroutine);
          if (!piece) return tl::unexpected(piece.error());
          if (piece->empty()) {
            return fail(ErrorCode::kCorrupt,
                        "'" + file.string() + "' was truncated while it was being sent");
          }
          sent = connection.send({*piece}, coroutine);
          left -= piece->size();
        }
        return read_reply_after(sent, call, connection, coroutine);
      });
}

void TcpHttpClient::stream(HttpCall call, ChunkSink sink, Completion<void> done) {
  core_->run<void>(
      std::move(done),
      [call = std::move(call), sink = std::move(sink)](Core& core, ClientConnection& connection,
                                                       Coroutine& coroutine) -> Result<void> {
        const CallTimes times = times_of_stream(call, http::kForEver);
        if (auto sent = begin_call(connection, call, core.token, body_of(call), times, coroutine);
            !sent) {
          return sent;
        }
        const auto status = read_success(call, connection, coroutine);
        if (!status) return tl::unexpected(status.error());
        for (;;) {
          const auto piece = connection.read_some(coroutine);
          if (!piece) return tl::unexpected(piece.error());
          if (piece->empty() || !sink(*piece)) return {};
        }
      });
}

namespace {

/// Shared by the caller of open_upload() and its coroutine.
struct UploadQueue {
  explicit UploadQueue(boost::asio::io_context& loop) : sleeper(loop) {}

  std::string waiting;
  bool finished = false;   ///< The caller has finished the body.
  bool abandoned = false;  ///< The caller has dropped the upload without finishing it.
  bool ended = false;      ///< The call has ended.
  Sleeper sleeper;
};

class QueuedUpload final : public HttpUpload {
 public:
  explicit QueuedUpload(std::shared_ptr<UploadQueue> queue) : queue_(std::move(queue)) {}
  ~QueuedUpload() override {
    queue_->abandoned = !queue_->finished;
    queue_->sleeper.wake();
  }
  bool write(std::string_view chunk) override {
    HEARTH_CHECK(!queue_->finished);
    if (queue_->ended || queue_->waiting.size() + chunk.size() > kUploadQueueBytesMax) return false;
    queue_->waiting += chunk;
    queue_->sleeper.wake();
    return true;
  }
  void finish() override {
    queue_->finished = true;
    queue_->sleeper.wake();
  }

 private:
  std::shared_ptr<UploadQueue> queue_;
};

Result<void> send_queue(UploadQueue& queue, ClientConnection& connection, Coroutine& coroutine) {
  for (;;) {
    if (queue.abandoned) return fail(ErrorCode::kUnavailable, "the upload was cancelled");
    if (!queue.waiting.empty()) {
      const std::string chunk = std::exchange(queue.waiting, {});
      if (auto sent = connection.send_chunk(chunk, coroutine); !sent) return sent;
    } else if (queue.finished) {
      return connection.end_chunks(coroutine);
    } else if (connection.transport().closed()) {
      return fail(ErrorCode::kUnavailable, "the call was cancelled");
    } else {
      queue.sleeper.sleep(std::chrono::hours(1), coroutine);
    }
  }
}

}  // namespace

std::unique_ptr<HttpUpload> TcpHttpClient::open_upload(HttpCall call, Completion<HttpReply> done) {
  auto queue = std::make_shared<UploadQueue>(core_->loop);
  core_->run<HttpReply>(
      [queue, done = std::move(done)](Result<HttpReply> reply) {
        queue->ended = true;
        done(std::move(reply));
      },
      [queue, call = std::move(call)](Core& core, ClientConnection& connection,
                                      Coroutine& coroutine) -> Result<HttpReply> {
        const OutgoingBody body{OutgoingBody::Kind::kChunked, 0};
        Result<void> sent = begin_call(connection, call, core.token, body,
                                       times_of_stream(call, call.timeout), coroutine);
        if (!sent) return tl::unexpected(sent.error());
        connection.transport().watch_peer([queue] { queue->sleeper.wake(); });
        sent = send_queue(*queue, connection, coroutine);
        connection.transport().unwatch_peer();
        if (queue->abandoned) return tl::unexpected(sent.error());
        return read_reply_after(sent, call, connection, coroutine);
      });
  return std::make_unique<QueuedUpload>(std::move(queue));
}

}  // namespace hearth
