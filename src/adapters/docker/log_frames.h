#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// Takes the frames off a container's log stream: eight bytes (which of stdout and stderr, three
/// zeros, the length as a big-endian number) before each piece of output. Holds no output back: a
/// frame's content is handed on as it comes, in as many pieces as it comes in.
class LogFrames {
 public:
  /// Returns false to end the reading.
  using Sink = std::function<bool(std::string_view content)>;
  enum class Verdict : std::uint8_t { kGoOn, kEnded };

  /// kEnded once the sink returned false. kCorrupt if what should be a frame's head is none.
  Result<Verdict> feed(std::string_view piece, const Sink& sink);
  /// Whether the stream ended between two frames, and not within one.
  bool whole() const { return head_size_ == 0 && content_left_ == 0; }

 private:
  Result<void> open_frame();

  std::array<unsigned char, 8> head_{};
  std::size_t head_size_ = 0;
  std::size_t content_left_ = 0;
};

}  // namespace hearth::docker
