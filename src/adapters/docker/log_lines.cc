#include "adapters/docker/log_lines.h"

#include <algorithm>
#include <utility>

#include "adapters/docker/log_stamp.h"

namespace hearth::docker {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;
constexpr std::size_t kTroubleBytesMax = 1024;
constexpr std::string_view kTroubleBegin = "Error grabbing logs:";

}  // namespace

Result<LogLines::Verdict> LogLines::feed(std::string_view bytes, const Sink& sink) {
  if (format_ == Format::kTerminal) {
    return take_terminal(bytes, sink) ? Verdict::kGoOn : Verdict::kEnded;
  }
  const auto fed =
      frames_.feed(bytes, [&](const LogFrames::Piece& piece) { return take_frame(piece, sink); });
  if (!fed) return tl::unexpected(fed.error());
  return *fed == LogFrames::Verdict::kGoOn ? Verdict::kGoOn : Verdict::kEnded;
}

void LogLines::finish(const Sink& sink) {
  for (const LogChannel channel : {LogChannel::kStdout, LogChannel::kStderr}) {
    channel_ = channel;
    if (open().begun && !end_line(sink)) return;
  }
}

bool LogLines::take_frame(const LogFrames::Piece& piece, const Sink& sink) {
  std::string_view content = piece.content;
  if (piece.channel == LogChannel::kEngine) {
    add_trouble(content);
    return true;
  }
  channel_ = piece.channel;
  if (piece.begins) {
    in_stamp_ = true;
    stamp_.clear();
  }
  if (!in_stamp_) return take_text(content, sink);

  const std::size_t end = std::min(content.find(' '), content.size());
  const std::size_t taken = std::min(end, kStampBytesMax + 1 - stamp_.size());
  stamp_ += content.substr(0, taken);
  content.remove_prefix(taken);
  if (content.empty() && stamp_.size() <= kStampBytesMax) return true;
  in_stamp_ = false;
  const bool ended = stamp_.size() <= kStampBytesMax;
  if (ended) content.remove_prefix(1);
  return begin_piece(ended, sink) && take_text(content, sink);
}

bool LogLines::take_terminal(std::string_view bytes, const Sink& sink) {
  channel_ = LogChannel::kStdout;
  while (!bytes.empty()) {
    if (!open().begun) {
      // The stamp of the next line; the engine's own words have none, and end in a newline.
      const char next = bytes.front();
      const bool is_words =
          !stamp_.empty() && kTroubleBegin.starts_with(stamp_.substr(0, 5)) && stamp_.size() >= 5;
      const bool ends = next == '\n' || (next == ' ' && !is_words);
      if (!ends && stamp_.size() <= (is_words ? kTroubleBytesMax : kStampBytesMax)) {
        stamp_ += next;
        bytes.remove_prefix(1);
        continue;
      }
      if (is_words) {
        add_trouble(stamp_);
        stamp_.clear();
        bytes.remove_prefix(1);
        continue;
      }
      const bool ended = next == ' ' && stamp_.size() <= kStampBytesMax;
      if (!begin_piece(ended, sink)) return false;
      if (ended) bytes.remove_prefix(1);
    }
    const std::size_t end = bytes.find('\n');
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
    if (!take_text(bytes.substr(0, size), sink)) return false;
    bytes.remove_prefix(size);
    if (end != std::string_view::npos) stamp_.clear();
  }
  return true;
}

/// Another piece begins on `channel_`, with `stamp_` before it, and with the space after that if it
/// `ended`.
bool LogLines::begin_piece(bool ended, const Sink& sink) {
  ++pieces_;
  const auto stamp = parse_stamp(stamp_);
  if (open().begun && open().stamp != stamp && !end_line(sink)) return false;
  open().begun = true;
  if (stamp) {
    open().stamp = *stamp;
    return true;
  }
  // Text without a stamp is no reason to lose it: it is of the time of what came before.
  const std::string words = ended ? stamp_ + ' ' : stamp_;
  return take_text(words, sink);
}

bool LogLines::take_text(std::string_view content, const Sink& sink) {
  while (!content.empty()) {
    open().begun = true;  // More lines in one piece have one stamp.
    const std::size_t end = content.find('\n');
    if (end == std::string_view::npos) return append(content, sink);
    const std::string_view part = content.substr(0, end);
    content.remove_prefix(end + 1);
    // Most lines come whole, and need not be kept.
    const bool whole = open().text.empty() && !open().dropping && part.size() <= kPieceBytes;
    if (whole) {
      open().begun = false;
      if (!emit(part.substr(0, part.size() - (part.ends_with('\r') ? 1 : 0)), false, sink)) {
        return false;
      }
      continue;
    }
    if (!append(part, sink) || !end_line(sink)) return false;
  }
  return true;
}

bool LogLines::append(std::string_view part, const Sink& sink) {
  Open& line = open();
  // Beyond the bound, as much as might not belong to the line: a line end or the next stamp.
  const std::size_t most =
      kLogLineBytesMax + (format_ == Format::kTerminal ? stamp_.size() + 1 : 1);
  while (!part.empty() && !line.dropping) {
    const std::size_t size_before = line.text.size();
    const std::string_view taken = part.substr(0, most + 1 - size_before);
    part.remove_prefix(taken.size());
    line.text += taken;
    if (format_ == Format::kTerminal) remove_repeated_stamp(size_before);
    if (line.text.size() <= most) continue;
    line.dropping = true;
    const std::string head = std::exchange(line.text, {});
    if (!emit(std::string_view(head).substr(0, kLogLineBytesMax), true, sink)) return false;
  }
  return true;
}

/// A terminal's next piece of the same line begins with the line's stamp again.
void LogLines::remove_repeated_stamp(std::size_t size_before) {
  Open& line = open();
  const std::string mark = stamp_ + ' ';
  for (;;) {
    const std::size_t first = line.piece_begin + kPieceBytes;
    const std::size_t seen = size_before - std::min(size_before, mark.size());
    const std::size_t at = line.text.find(mark, std::max(first, seen));
    if (at == std::string::npos) return;
    line.text.erase(at, mark.size());
    line.piece_begin = at;
    ++pieces_;
  }
}

bool LogLines::end_line(const Sink& sink) {
  Open& line = open();
  const bool emitted = std::exchange(line.dropping, false);
  const std::string text = std::exchange(line.text, {});
  line.begun = false;
  line.piece_begin = 0;
  if (emitted) return true;
  std::string_view view = text;
  if (view.ends_with('\r')) view.remove_suffix(1);
  return emit(view.substr(0, kLogLineBytesMax), view.size() > kLogLineBytesMax, sink);
}

bool LogLines::emit(std::string_view text, bool truncated, const Sink& sink) {
  return sink({.stream = channel_ == LogChannel::kStderr ? LogStream::kStderr : LogStream::kStdout,
               .stamp = open().stamp,
               .text = text,
               .truncated = truncated});
}

void LogLines::add_trouble(std::string_view words) {
  trouble_ += words.substr(0, kTroubleBytesMax - std::min(trouble_.size(), kTroubleBytesMax));
}

std::string LogLines::trouble() const {
  return trouble_.substr(0, trouble_.find_last_not_of('\n') + 1);
}

}  // namespace hearth::docker
