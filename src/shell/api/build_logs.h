#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "model/ids.h"
#include "ports/notifier.h"

namespace hearth {

/// The runtime's output of building one generation of a workload.
class BuildLog {
 public:
  /// Above it the oldest lines are dropped: a failed build gives its reason at the end.
  static constexpr std::size_t kBytesMax = 1024 * 1024;

  void append(std::string_view bytes);
  /// A node starts sending, or has ended. There can be several, one after the other, if one dies.
  void begin_sending() { ++senders_; }
  void end_sending();
  bool being_sent() const { return senders_ > 0; }

  /// Offset of the log's end, counted from its very first byte.
  std::uint64_t end() const { return dropped_ + text_.size(); }
  /// Returns the text from `offset` on and moves `offset` to the end. If some of it was dropped, a
  /// line says so.
  std::string read_from(std::uint64_t& offset) const;
  Notifier& changed() { return changed_; }

 private:
  std::string text_;
  std::uint64_t dropped_ = 0;  ///< Bytes that preceded `text_`.
  unsigned senders_ = 0;
  Notifier changed_;
};

/// The logs of the latest builds, in memory: a log is lost with a restart of the manager, but the
/// reason of a failure is stored with the workload. At most kLogsMax; the least recently used is
/// dropped first.
class BuildLogs {
 public:
  static constexpr std::size_t kLogsMax = 16;

  /// nullptr if there is none. Shared, since a follower can hold it longer than this does.
  std::shared_ptr<BuildLog> find(const WorkloadName& workload, Generation generation);
  std::shared_ptr<BuildLog> find_or_make(const WorkloadName& workload, Generation generation);

 private:
  using Key = std::pair<WorkloadName, Generation>;
  struct Entry {
    Key key;
    std::shared_ptr<BuildLog> log;
  };
  std::list<Entry> logs_;  ///< Most recently used first.
};

}  // namespace hearth
