#include "cli/log_merge.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hearth::cli {

LogMerge::LogId LogMerge::open(Origin origin, MonoTime now) {
  const LogId id = next_id_++;
  logs_[id] = {.origin = std::move(origin), .empty_since = now};
  return id;
}

void LogMerge::close(LogId log) {
  const auto found = logs_.find(log);
  HEARTH_CHECK(found != logs_.end());
  found->second.open = false;
  if (found->second.lines.empty()) logs_.erase(found);
}

bool LogMerge::has_room(LogId log) const {
  return logs_.at(log).bytes < kWaitingBytesMax;
}

void LogMerge::put(LogId log, std::string time, std::string text, MonoTime now) {
  Log& to = logs_.at(log);
  if (time.empty()) time = to.last_time;
  to.last_time = time;
  to.bytes += time.size() + text.size();
  to.lines.push_back({std::move(time), std::move(text), now});
}

LogMerge::Logs::const_iterator LogMerge::earliest() const {
  auto best = logs_.end();
  for (auto log = logs_.begin(); log != logs_.end(); ++log) {
    if (log->second.lines.empty()) continue;
    const bool earlier =
        best == logs_.end() || log->second.lines.front().time < best->second.lines.front().time;
    if (earlier) best = log;
  }
  return best;
}

MonoTime LogMerge::due(const Log& log) const {
  const MonoTime received = log.lines.front().received_at;
  MonoTime due = received;
  for (const auto& [id, other] : logs_) {
    if (!other.lines.empty()) continue;
    due = std::max({due, received + kHold, other.empty_since + patience_});
  }
  return due;
}

std::optional<LogMerge::Line> LogMerge::next(MonoTime now) {
  const auto from = earliest();
  if (from == logs_.end() || due(from->second) > now) return std::nullopt;
  Log& log = logs_.at(from->first);
  Waiting& first = log.lines.front();
  Line line{log.origin, std::move(first.time), std::move(first.text)};
  log.bytes -= line.time.size() + line.text.size();
  log.lines.pop_front();
  log.empty_since = now;
  if (!log.open && log.lines.empty()) logs_.erase(from);
  return line;
}

std::optional<MonoTime> LogMerge::next_deadline() const {
  const auto from = earliest();
  return from == logs_.end() ? std::nullopt : std::optional(due(from->second));
}

bool LogMerge::empty() const {
  return earliest() == logs_.end();
}

}  // namespace hearth::cli
