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
  std::vector<HttpHeader> headers = {};  ///< Besides those the client adds (Host, token).
  /// `send`: for the whole call. The others: for the connection and for each silence during the
  /// transfer, whose total time is not known in advance. A file, up or down, must also average 16
  /// KiB/s beyond that and finish within six hours.
  Duration timeout = std::chrono::seconds(10);
};

/// An answer with a status of 200 to 299.
struct HttpReply {
  unsigned status = 200;
  std::string body = {};
};

/// The sending side of an upload whose length is not known at its start.
class HttpUpload {
 public:
  /// Aborts the upload if finish() was not called.
  virtual ~HttpUpload() = default;
  /// Queues a chunk. False if the queue (256 KiB) has no room for it or the upload has ended: the
  /// chunk is dropped, and the caller decides what follows.
  virtual bool write(std::string_view chunk) = 0;
  virtual void finish() = 0;
};

/// Calls other Hearth processes. One fresh connection per call: calls are rare, and a kept
/// connection can lead to a process that has died. All calls and callbacks on the owner's loop.
///
/// An answer other than 2xx is an Error with the code and the detail of its problem document.
/// kUnavailable: the server cannot be reached or broke off. kTimeout: it did not answer in time.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// For small bodies in both directions (kExhausted above 16 MiB).
  virtual void send(HttpCall call, Completion<HttpReply> done) = 0;
  /// Writes the answer's body to a new file, which is removed again if the body is incomplete.
  virtual void download(HttpCall call, std::filesystem::path file, std::uint64_t bytes_max,
                        Completion<ReceivedFile> done) = 0;
  /// Sends a file as the call's body.
  virtual void upload(HttpCall call, std::filesystem::path file, Completion<HttpReply> done) = 0;
  /// Passes on the answer's body as it arrives; a sink that returns false ends the call with
  /// success. `timeout` bounds only the wait for the start of the answer: a followed log can be
  /// quiet for days (TCP keep-alive detects a peer that vanished).
  virtual void stream(HttpCall call, ChunkSink sink, Completion<void> done) = 0;
  /// Sends a body as it is produced.
  virtual std::unique_ptr<HttpUpload> open_upload(HttpCall call, Completion<HttpReply> done) = 0;
};

}  // namespace hearth
