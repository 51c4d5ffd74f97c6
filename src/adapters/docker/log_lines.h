#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/docker/log_frames.h"
#include "base/result.h"
#include "ports/container_runtime.h"

namespace hearth::docker {

/// Makes lines from the bytes of a log that the engine sends with timestamps. Pure.
///
/// The engine cuts long lines into pieces of 16 KiB and puts the line's stamp before each; only
/// the last piece ends in a newline. A process that ends within a line leaves it without one, so a
/// piece with another stamp begins another line. (The driver `journald` of old engines stamps
/// each piece for itself: there a long line becomes several.)
///
/// A terminal's log has no frames: pieces follow each other without a mark, and are recognized by
/// the line's own stamp after at least 16 KiB of text.
///
/// Bounds: kLogLineBytesMax for each stream. The head of a longer line is emitted as soon as the
/// bound is passed; the rest is dropped.
class LogLines {
 public:
  enum class Format : std::uint8_t { kFrames, kTerminal };
  /// Receives a line; its text is valid during the call. Returns false to stop.
  using Sink = std::function<bool(const LogLine& line)>;
  enum class Verdict : std::uint8_t { kGoOn, kEnded };

  explicit LogLines(Format format) : format_(format) {}

  /// kEnded once the sink returned false; this object is then used up. kCorrupt if a frame has no
  /// valid head.
  Result<Verdict> feed(std::string_view bytes, const Sink& sink);
  /// Emits lines whose end has not come: nothing more will.
  void finish(const Sink& sink);

  /// Why the engine cannot read on, in its words; empty if it can.
  std::string trouble() const;
  /// How many pieces began: what the engine counts as lines.
  std::uint64_t pieces() const { return pieces_; }

 private:
  struct Open {
    bool begun = false;
    bool dropping = false;  ///< Its head was emitted.
    std::int64_t stamp = 0;
    std::string text;
    std::size_t piece_begin = 0;  ///< In `text`; terminals only.
  };

  bool take_frame(const LogFrames::Piece& piece, const Sink& sink);
  bool take_terminal(std::string_view bytes, const Sink& sink);
  bool begin_piece(bool ended, const Sink& sink);
  bool take_text(std::string_view content, const Sink& sink);
  bool append(std::string_view part, const Sink& sink);
  void remove_repeated_stamp(std::size_t size_before);
  bool end_line(const Sink& sink);
  bool emit(std::string_view text, bool truncated, const Sink& sink);
  void add_trouble(std::string_view words);
  Open& open() { return open_.at(static_cast<std::size_t>(channel_)); }

  const Format format_;
  LogFrames frames_;
  LogChannel channel_ = LogChannel::kStdout;
  std::array<Open, 2> open_;
  bool in_stamp_ = false;  ///< Frames: the frame's text has not begun.
  std::string stamp_;      ///< As far as it has come; in terminals, that of the open line.
  std::string trouble_;
  std::uint64_t pieces_ = 0;
};

}  // namespace hearth::docker
