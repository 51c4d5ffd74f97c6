#include "adapters/docker/log_frames.h"

#include <algorithm>

namespace hearth::docker {

Result<LogFrames::Verdict> LogFrames::feed(std::string_view piece, const Sink& sink) {
  while (!piece.empty()) {
    if (content_left_ == 0) {
      head_[head_size_++] = static_cast<unsigned char>(piece.front());
      piece.remove_prefix(1);
      if (head_size_ < head_.size()) continue;
      if (auto opened = open_frame(); !opened) return tl::unexpected(opened.error());
      continue;
    }
    const std::string_view content = piece.substr(0, content_left_);
    piece.remove_prefix(content.size());
    content_left_ -= content.size();
    if (!sink(content)) return Verdict::kEnded;
  }
  return Verdict::kGoOn;
}

Result<void> LogFrames::open_frame() {
  constexpr unsigned char kStderr = 2;
  const bool well = head_[0] <= kStderr && head_[1] == 0 && head_[2] == 0 && head_[3] == 0;
  if (!well) return fail(ErrorCode::kCorrupt, "the Docker engine sent a log without frames");
  head_size_ = 0;
  content_left_ = 0;
  for (auto digit = head_.begin() + 4; digit != head_.end(); ++digit) {
    content_left_ = content_left_ * 256 + *digit;
  }
  return {};
}

}  // namespace hearth::docker
