#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <boost/asio/io_context.hpp>

#include "adapters/http/message_reader.h"
#include "stable_form.h"

namespace {

using namespace hearth;
using http::MessageReader;
using http::ReadFault;

/// A peer that says anything: a unix socket, because its connections leave nothing behind.
class Peer {
 public:
  Peer() {
    HEARTH_CHECK(::mkdtemp(folder_.data()) != nullptr);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    HEARTH_CHECK(::bind(listener_, any, sizeof(address)) == 0 && ::listen(listener_, 1) == 0);
  }
  ~Peer() {
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::filesystem::path path() const { return std::filesystem::path(folder_) / "peer"; }
  /// Takes the connection that waits, says `bytes`, which fit into its buffer, and hangs up.
  void say(std::string_view bytes) const {
    const int connection = ::accept(listener_, nullptr, nullptr);
    HEARTH_CHECK(connection >= 0);
    HEARTH_CHECK(::send(connection, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                 static_cast<ssize_t>(bytes.size()));
    ::close(connection);
  }

 private:
  std::string folder_ = (std::filesystem::temp_directory_path() / "hearth-fuzz-XXXXXX").string();
  int listener_ = -1;
};

/// All messages up to a fault. Each takes at least a byte, and none is longer than what was sent.
void read_all(MessageReader& reader, std::size_t size, Coroutine& coroutine) {
  constexpr Duration kLong = std::chrono::seconds(10);
  for (std::size_t messages = 0;; ++messages) {
    HEARTH_CHECK(messages <= size);
    http::MessageHead head;
    const ReadFault fault = reader.read_head(head, {.begin = kLong, .whole = kLong}, coroutine);
    HEARTH_CHECK(fault != ReadFault::kTimedOut && fault != ReadFault::kStopped);
    if (fault != ReadFault::kNone) return;
    HEARTH_CHECK(head.headers.size() <= MessageReader::kHeadBytesMax);
    std::size_t length = 0;
    for (;;) {
      length += reader.arrived_body().size();
      std::string_view bytes;
      const ReadFault in_body = reader.read_body(bytes, kLong, coroutine);
      HEARTH_CHECK(in_body != ReadFault::kTimedOut && in_body != ReadFault::kStopped);
      length += bytes.size();
      HEARTH_CHECK(length <= size);
      if (in_body != ReadFault::kNone) return;
      if (bytes.empty()) break;
    }
    HEARTH_CHECK(reader.complete());
    HEARTH_CHECK(!head.content_length || *head.content_length == length || length == 0);
  }
}

}  // namespace

/// Heads, chunks and trailers of anything, as requests and as answers: every connection is read to
/// an end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Peer peer;
  const std::string_view bytes = text_of(data, size);
  for (const auto kind : {MessageReader::Kind::kRequests, MessageReader::Kind::kAnswers}) {
    boost::asio::io_context loop;
    bool is_done = false;
    start_coroutine(loop, [&](Coroutine& coroutine) {
      http::Transport transport(loop);
      const auto error = transport.connect_local(peer.path(), std::chrono::seconds(10), coroutine);
      HEARTH_CHECK(!error);
      peer.say(bytes);
      MessageReader reader(transport, kind);
      read_all(reader, size, coroutine);
      transport.close();
      is_done = true;
    });
    loop.run();
    HEARTH_CHECK(is_done);
  }
  return 0;
}
