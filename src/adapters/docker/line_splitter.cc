#include "adapters/docker/line_splitter.h"

#include <fmt/format.h>

namespace hearth::docker {

Result<void> LineSplitter::feed(std::string_view piece, const Sink& sink) {
  for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    const std::string_view head = piece.substr(0, end);
    piece.remove_prefix(end + 1);
    if (begun_.empty()) {
      if (auto emitted = emit(head, sink); !emitted) return emitted;
      continue;
    }
    begun_ += head;
    const std::string line = std::exchange(begun_, {});
    if (auto emitted = emit(line, sink); !emitted) return emitted;
  }
  begun_ += piece;
  return begun_.size() <= line_bytes_max_ ? Result<void>() : emit(begun_, sink);
}

Result<void> LineSplitter::finish(const Sink& sink) {
  const std::string line = std::exchange(begun_, {});
  return emit(line, sink);
}

Result<void> LineSplitter::emit(std::string_view line, const Sink& sink) const {
  if (line.size() > line_bytes_max_) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("the Docker engine sent a line of more than {} KiB", line_bytes_max_ / 1024));
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.empty() ? Result<void>() : sink(line);
}

}  // namespace hearth::docker
