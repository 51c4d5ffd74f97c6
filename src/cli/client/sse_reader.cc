#include "cli/client/sse_reader.h"

#include <utility>

namespace hearth::cli {

void SseReader::feed(std::string_view bytes, const Sink& sink) {
  for (const char c : bytes) {
    const bool second_half_of_an_end = c == '\n' && after_carriage_return_;
    after_carriage_return_ = c == '\r';
    if (second_half_of_an_end) continue;
    if (c == '\n' || c == '\r') {
      take_line(std::exchange(line_, {}), sink);
    } else if (line_.size() + message_.data.size() < kMessageBytesMax) {
      line_ += c;
    } else {
      too_large_ = true;
    }
  }
}

void SseReader::take_line(std::string_view line, const Sink& sink) {
  if (line.empty()) {
    if (has_data_ && !too_large_) sink(message_);
    message_ = Message{.id = std::move(message_.id), .event = {}, .data = {}};
    has_data_ = too_large_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) message_.data += '\n';
    message_.data += value;
    has_data_ = true;
  } else if (field == "event") {
    message_.event = value;
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    message_.id = value;
  }
}

}  // namespace hearth::cli
