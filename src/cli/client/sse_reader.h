#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace hearth::cli {

/// Extracts the messages of a stream of server-sent events (HTML Living Standard, section 9.2).
/// Pure. A message larger than `kMessageBytesMax` is skipped.
class SseReader {
 public:
  static constexpr std::size_t kMessageBytesMax = 1024 * 1024;

  struct Message {
    std::string id;     ///< The latest id received, as the standard requires.
    std::string event;  ///< Empty: "message".
    std::string data;
  };
  using Sink = std::function<void(const Message&)>;

  void feed(std::string_view bytes, const Sink& sink);
  /// For `Last-Event-ID` when the client reconnects.
  const std::string& last_id() const { return message_.id; }

 private:
  void take_line(std::string_view line, const Sink& sink);

  std::string line_;
  Message message_;
  bool has_data_ = false;
  bool too_large_ = false;
  bool after_carriage_return_ = false;
};

}  // namespace hearth::cli
