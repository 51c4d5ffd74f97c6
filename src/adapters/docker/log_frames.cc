#include "adapters/docker/log_frames.h"

#include <algorithm>
#include <utility>

namespace hearth::docker {

Result<LogFrames::Verdict> LogFrames::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (content_left_ == 0) {
      head_[head_size_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (head_size_ < head_.size()) continue;
      if (auto opened = open_frame(); !opened) return tl::unexpected(opened.error());
      continue;
    }
    const std::string_view content = bytes.substr(0, content_left_);
    bytes.remove_prefix(content.size());
    content_left_ -= content.size();
    if (!sink({channel_, content, std::exchange(begins_, false)})) return Verdict::kEnded;
  }
  return Verdict::kGoOn;
}

Result<void> LogFrames::open_frame() {
  constexpr unsigned char kChannelMax = 3;
  const bool well = head_[0] <= kChannelMax && head_[1] == 0 && head_[2] == 0 && head_[3] == 0;
  if (!well) return fail(ErrorCode::kCorrupt, "the Docker engine sent a log without frames");
  // 0 is a container's input, which the engine's own client prints like its output.
  channel_ = head_[0] == kChannelMax ? LogChannel::kEngine
             : head_[0] == 2         ? LogChannel::kStderr
                                     : LogChannel::kStdout;
  begins_ = true;
  head_size_ = 0;
  content_left_ = 0;
  for (auto digit = head_.begin() + 4; digit != head_.end(); ++digit) {
    content_left_ = content_left_ * 256 + *digit;
  }
  return {};
}

}  // namespace hearth::docker
