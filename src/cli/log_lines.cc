#include "cli/log_lines.h"

#include <algorithm>
#include <utility>

#include "wire/json_writer.h"

namespace hearth::cli {

LogLines::Source::Source(LogLines& lines, std::string instance, std::size_t prefix_columns)
    : lines_(lines), instance_(std::move(instance)), plain_(lines.terminal_.foreign_color()) {
  std::string padded = printable(instance_);
  padded.resize(std::max(padded.size(), prefix_columns), ' ');
  prefix_ = lines.terminal_.painted(Paint::kDim, padded + " |") + " ";
}

LogLines::Source::~Source() {
  if (!begun_.empty()) print(begun_);
  const std::lock_guard lock(lines_.mutex_);
  lines_.terminal_.out() << plain_.finish() << std::flush;
}

bool LogLines::Source::feed(std::string_view bytes) {
  if (lines_.form_ == Form::kPlain) {
    const std::lock_guard lock(lines_.mutex_);
    if (lines_.terminal_.style().out_is_terminal) {
      lines_.terminal_.out() << plain_.feed(bytes) << std::flush;
    } else {
      lines_.terminal_.out() << bytes << std::flush;
    }
    return lines_.takes_more_ = lines_.terminal_.takes_more();
  }
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t room = kLineBytesMax - begun_.size();
    const std::size_t taken = std::min({end, room, bytes.size()});
    begun_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    const bool ends = !bytes.empty() && bytes.front() == '\n';
    if (ends) bytes.remove_prefix(1);
    if (ends || begun_.size() == kLineBytesMax) print(std::exchange(begun_, {}));
  }
  return lines_.takes_more();
}

void LogLines::Source::print(std::string_view line) {
  Terminal& terminal = lines_.terminal_;
  std::string text = std::string(line) + "\n";
  if (lines_.form_ == Form::kJson) {
    JsonWriter out;
    out.begin_object().field("instance", instance_).field("line", line).end_object();
    text = printable_json(std::move(out).text()) + "\n";
  } else if (terminal.style().out_is_terminal) {
    text = terminal_text(text, terminal.foreign_color());
  }
  if (lines_.form_ == Form::kPrefixed) text = prefix_ + text;
  const std::lock_guard lock(lines_.mutex_);
  terminal.out() << text << std::flush;
  lines_.takes_more_ = terminal.takes_more();
}

}  // namespace hearth::cli
