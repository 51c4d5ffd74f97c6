#include "adapters/docker/log_delivery.h"

#include <utility>

namespace hearth::docker {
namespace {

constexpr std::size_t kTextBytesMax = 256 * 1024;
constexpr std::size_t kLinesMax = 2048;

}  // namespace

void LogDelivery::add(const LogLine& line, const LogCursor& after, bool caught_up) {
  const bool full = lines_.size() >= kLinesMax || text_.size() + line.text.size() > kTextBytesMax;
  if (full || caught_up != caught_up_) flush();
  caught_up_ = caught_up;
  cursor_ = after;
  begins_.push_back(text_.size());
  lines_.push_back(line);
  text_ += line.text;
  ++lines_added_;
}

void LogDelivery::flush() {
  if (lines_.empty()) return;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].text = std::string_view(text_).substr(begins_[i], lines_[i].text.size());
  }
  if (!closed_) handlers_.on_lines({lines_, caught_up_, cursor_});
  lines_.clear();
  begins_.clear();
  text_.clear();
}

void LogDelivery::report(const LogGap& gap) {
  flush();
  if (!closed_) handlers_.on_gap(gap);
}

void LogDelivery::report(const LogReaderState& state) {
  flush();
  if (closed_ || (state_ && state_->kind == state.kind && state_->reason == state.reason)) return;
  state_ = state;
  handlers_.on_state(state);
}

}  // namespace hearth::docker
