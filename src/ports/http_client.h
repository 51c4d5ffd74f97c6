#pragma once

#include <memory>

#include "ports/container_runtime.h"
#include "ports/http.h"

namespace hearth {

/// One call to another Hearth process.
struct HttpCall {
  Endpoint server = {};
  HttpMethod method = HttpMethod::kGet;
  std::string target = "/";  ///< Path and query, percent-encoded.
  std::string body = {};     ///< Sent if not empty, or with kPut and kPost.
  std::string content_type = "application/json";
  std::vector<HttpHeader> headers = {};  ///< Beyond what the client adds itself (Host, token).
  /// `send`: for the whole call. The others: for the connection and for each silence within the
  /// transfer, whose length nobody knows. A file, up or down, must also move at 16 KiB/s beyond
  /// that, and within six hours.
  Duration timeout = std::chrono::seconds(10);
};

/// An answer with a status of 200 to 299.
struct HttpReply {
  unsigned status = 200;
  std::string body = {};
};

/// The sending side of an upload whose end is not known when it begins.
class HttpUpload {
 public:
  /// Breaks off if finish() was not called.
  virtual ~HttpUpload() = default;
  /// Queues a chunk. False if the queue (256 KiB) has no room for it or the upload has ended: the
  /// chunk is dropped and the caller decides what that means.
  virtual bool write(std::string_view chunk) = 0;
  virtual void finish() = 0;
};

/// Calls other Hearth processes. One fresh connection per call: calls are rare, and a connection
/// that was kept may be one to a process that has died. All calls and callbacks on the owner's
/// loop.
///
/// An answer other than 2xx is an Error with the code and the detail of its problem document.
/// kUnavailable: the server cannot be reached or broke off. kTimeout: it did not answer in time.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// A small body up, a small one down (kExhausted above 16 MiB).
  virtual void send(HttpCall call, Completion<HttpReply> done) = 0;
  /// Writes the answer's body to a new file, which is removed again if it does not arrive whole.
  virtual void download(HttpCall call, std::filesystem::path file, std::uint64_t bytes_max,
                        Completion<ReceivedFile> done) = 0;
  /// Sends a file as the call's body.
  virtual void upload(HttpCall call, std::filesystem::path file, Completion<HttpReply> done) = 0;
  /// Hands over the answer's body as it comes; a sink that returns false ends the call with
  /// success. `timeout` bounds the wait for the answer's beginning only: a followed log may be
  /// quiet for days (a peer that vanished is noticed by TCP keep-alive).
  virtual void stream(HttpCall call, ChunkSink sink, Completion<void> done) = 0;
  /// Sends a body as it is made.
  virtual std::unique_ptr<HttpUpload> open_upload(HttpCall call, Completion<HttpReply> done) = 0;
};

}  // namespace hearth
