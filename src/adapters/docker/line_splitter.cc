#include "adapters/docker/line_splitter.h"

#include <fmt/format.h>

#include <utility>

namespace hearth::docker {

Result<void> LineSplitter::feed(std::string_view piece, const Sink& sink) {
  for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    const std::string_view head = piece.substr(0, end);
    piece.remove_prefix(end + 1);
    if (std::exchange(skipping_, false)) continue;
    if (begun_.empty()) {
      if (auto emitted = emit(head, sink); !emitted) return emitted;
      continue;
    }
    begun_ += head;
    const std::string line = std::exchange(begun_, {});
    if (auto emitted = emit(line, sink); !emitted) return emitted;
  }
  if (skipping_) return {};
  begun_ += piece;
  if (begun_.size() <= line_bytes_max_) return {};
  begun_ = std::string();
  skipping_ = true;
  return on_too_long();
}

Result<void> LineSplitter::finish(const Sink& sink) {
  const std::string line = std::exchange(begun_, {});
  return emit(line, sink);
}

Result<void> LineSplitter::emit(std::string_view line, const Sink& sink) {
  if (line.size() > line_bytes_max_) return on_too_long();
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.empty() ? Result<void>() : sink(line);
}

Result<void> LineSplitter::on_too_long() {
  if (long_lines_ == LongLines::kSkipped) {
    ++skipped_;
    return {};
  }
  return fail(ErrorCode::kCorrupt, fmt::format("the Docker engine sent a line of more than {} KiB",
                                               line_bytes_max_ / 1024));
}

}  // namespace hearth::docker
