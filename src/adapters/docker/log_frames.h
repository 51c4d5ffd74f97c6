#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// What a frame of a log stream carries.
enum class LogChannel : std::uint8_t {
  kStdout,
  kStderr,
  kEngine,  ///< The engine's own words: why it cannot read the log.
};

/// Removes the frames from a container's log stream: before each piece of output, eight bytes
/// (the channel, three zeros, the length in big-endian order). Holds no output back: content is
/// passed on as it arrives, in as many pieces.
class LogFrames {
 public:
  /// A part of a frame's content.
  struct Piece {
    LogChannel channel = LogChannel::kStdout;
    std::string_view content;
    bool begins = false;  ///< It is the first of its frame.
  };
  /// Returns false to stop reading.
  using Sink = std::function<bool(const Piece& piece)>;
  enum class Verdict : std::uint8_t { kGoOn, kEnded };

  /// kEnded once the sink returned false. kCorrupt if a frame has no valid head.
  Result<Verdict> feed(std::string_view bytes, const Sink& sink);
  /// Whether the stream has ended between frames rather than within one.
  bool whole() const { return head_size_ == 0 && content_left_ == 0; }

 private:
  Result<void> open_frame();

  std::array<unsigned char, 8> head_{};
  std::size_t head_size_ = 0;
  std::size_t content_left_ = 0;
  LogChannel channel_ = LogChannel::kStdout;
  bool begins_ = false;
};

}  // namespace hearth::docker
