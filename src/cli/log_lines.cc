#include "cli/log_lines.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

/// "2026-03-01T09:15:02.123456789Z".
constexpr std::size_t kTimeBytes = 30;

MonoTime mono_now() {
  return MonoTime(std::chrono::duration_cast<MonoTime::duration>(
      std::chrono::steady_clock::now().time_since_epoch()));
}

std::string padded(std::string text, std::size_t columns) {
  text.resize(std::max(text.size(), columns), ' ');
  return text;
}

/// To the millisecond, as Hearth shows times.
std::string shown_time(const std::string& time) {
  return time.size() == kTimeBytes ? printable(time.substr(0, 23)) + "Z" : printable(time);
}

}  // namespace

LogLines::LogLines(Terminal& terminal, Options options)
    : terminal_(terminal), options_(std::move(options)), merge_(options_.patience) {
  if (options_.order == Order::kTime) printer_ = std::jthread([this] { print_in_order(); });
}

LogLines::~LogLines() {
  const std::lock_guard lock(mutex_);
  ends_ = true;
  changed_.notify_all();
}

bool LogLines::passes_pieces_on() const {
  return options_.form == Form::kPlain && options_.order == Order::kArrival && !options_.wanted;
}

LogLines::Source::Source(LogLines& lines, LogMerge::Origin origin, std::size_t instance_columns)
    : lines_(lines),
      origin_(std::move(origin)),
      columns_(instance_columns),
      plain_(lines.terminal_.foreign_color()) {
  if (lines_.options_.order != Order::kTime) return;
  const std::lock_guard lock(lines_.mutex_);
  lines_.columns_ = std::max(lines_.columns_, columns_);
  merge_ = lines_.merge_.open(origin_, mono_now());
}

LogLines::Source::~Source() {
  if (!begun_.empty()) take_line(begun_);
  const std::lock_guard lock(lines_.mutex_);
  lines_.terminal_.out() << plain_.finish() << std::flush;
  if (merge_ != 0) lines_.merge_.close(merge_);
  lines_.changed_.notify_all();
}

bool LogLines::Source::feed(std::string_view bytes) {
  if (lines_.passes_pieces_on()) {
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
    if (ends || begun_.size() == kLineBytesMax) take_line(std::exchange(begun_, {}));
  }
  return lines_.takes_more();
}

void LogLines::Source::take_line(std::string_view line) {
  if (merge_ != 0) return lines_.put(merge_, line);
  const std::lock_guard lock(lines_.mutex_);
  lines_.print({.origin = origin_, .time = {}, .text = std::string(line)}, columns_);
}

/// Hands a line to the printer, once there is room.
void LogLines::put(LogMerge::LogId log, std::string_view line) {
  // A piece of a line that was too long, or of an engine that writes no times, has none.
  const bool has_time = line.size() > kTimeBytes && line[kTimeBytes] == ' ' &&
                        line[kTimeBytes - 1] == 'Z' && line[10] == 'T';
  std::string time(has_time ? line.substr(0, kTimeBytes) : std::string_view());
  if (has_time) line.remove_prefix(kTimeBytes + 1);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return merge_.has_room(log) || !takes_more_; });
  if (!takes_more_) return;
  merge_.put(log, std::move(time), std::string(line), mono_now());
  changed_.notify_all();
}

/// The printer's thread: ends once nothing waits and no source is left.
void LogLines::print_in_order() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (const auto line = merge_.next(mono_now())) {
      print(*line, columns_);
      changed_.notify_all();
    }
    if (ends_ && merge_.empty()) return;
    const std::optional<MonoTime> deadline = merge_.next_deadline();
    if (deadline) {
      changed_.wait_for(lock, std::max(Duration::zero(), *deadline - mono_now()));
    } else {
      changed_.wait(lock);
    }
  }
}

/// The mutex is held.
void LogLines::print(const LogMerge::Line& line, std::size_t columns) {
  if (options_.wanted && options_.wanted->match(line.text, LogStream::kStdout).empty()) return;
  std::string text = line.text + "\n";
  if (options_.form == Form::kJson) {
    text = json_of(line) + "\n";
  } else if (terminal_.style().out_is_terminal) {
    text = terminal_text(text, terminal_.foreign_color());
  }
  if (options_.form == Form::kPrefixed) text = prefix_of(line, columns) + text;
  terminal_.out() << text << std::flush;
  takes_more_ = terminal_.takes_more();
}

std::string LogLines::prefix_of(const LogMerge::Line& line, std::size_t columns) const {
  std::string prefix = padded(printable(line.origin.instance), columns) + " |";
  if (options_.order == Order::kTime) {
    prefix = shown_time(line.time) + " " + printable(line.origin.node) + " " + prefix;
  }
  return terminal_.painted(Paint::kDim, prefix) + " ";
}

std::string LogLines::json_of(const LogMerge::Line& line) const {
  JsonWriter out;
  out.begin_object().field("instance", line.origin.instance);
  if (options_.order == Order::kTime) {
    out.field("node", line.origin.node).field("time", line.time);
  }
  out.field("line", line.text).end_object();
  return printable_json(std::move(out).text());
}

}  // namespace hearth::cli
