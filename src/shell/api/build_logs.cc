#include "shell/api/build_logs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth {

void BuildLog::append(std::string_view bytes) {
  text_ += bytes;
  if (text_.size() > kBytesMax) {
    // A quarter at a time, cut at a line's end, so that a long log is not moved for every line.
    const std::size_t cut = text_.size() - kBytesMax * 3 / 4;
    const std::size_t line = std::min(text_.find('\n', cut), text_.size() - 1) + 1;
    text_.erase(0, line);
    dropped_ += line;
  }
  changed_.notify_all();
}

void BuildLog::end_sending() {
  HEARTH_CHECK(senders_ > 0);
  --senders_;
  changed_.notify_all();
}

std::string BuildLog::read_from(std::uint64_t& offset) const {
  std::string read;
  if (offset < dropped_) {
    read = fmt::format("[hearth: {} bytes of the log were dropped]\n", dropped_ - offset);
    offset = dropped_;
  }
  read += std::string_view(text_).substr(offset - dropped_);
  offset = end();
  return read;
}

std::shared_ptr<BuildLog> BuildLogs::find(const WorkloadName& workload, Generation generation) {
  const auto found = std::find_if(logs_.begin(), logs_.end(), [&](const Entry& entry) {
    return entry.key == Key(workload, generation);
  });
  if (found == logs_.end()) return nullptr;
  logs_.splice(logs_.begin(), logs_, found);
  return found->log;
}

std::shared_ptr<BuildLog> BuildLogs::find_or_make(const WorkloadName& workload,
                                                  Generation generation) {
  if (std::shared_ptr<BuildLog> log = find(workload, generation)) return log;
  if (logs_.size() == kLogsMax) logs_.pop_back();
  logs_.push_front({Key(workload, generation), std::make_shared<BuildLog>()});
  return logs_.front().log;
}

}  // namespace hearth
