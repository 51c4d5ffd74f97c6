#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// Removes the frames from a container's log stream: before each piece of output, eight bytes
/// (stdout or stderr, three zeros, the length in big-endian order). Holds no output back: content
/// is passed on as it arrives, in as many pieces.
class LogFrames {
 public:
  /// Returns false to stop reading.
  using Sink = std::function<bool(std::string_view content)>;
  enum class Verdict : std::uint8_t { kGoOn, kEnded };

  /// kEnded once the sink returned false. kCorrupt if a frame has no valid head.
  Result<Verdict> feed(std::string_view piece, const Sink& sink);
  /// Whether the stream has ended between frames rather than within one.
  bool whole() const { return head_size_ == 0 && content_left_ == 0; }

 private:
  Result<void> open_frame();

  std::array<unsigned char, 8> head_{};
  std::size_t head_size_ = 0;
  std::size_t content_left_ = 0;
};

}  // namespace hearth::docker
