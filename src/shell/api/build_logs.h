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

/// What the runtime said while one generation of a workload was built.
class BuildLog {
 public:
  /// Beyond, the oldest lines go: a build that fails says why at its end.
  static constexpr std::size_t kBytesMax = 1024 * 1024;

  void append(std::string_view bytes);
  /// A node begins to send, or has ended. Several may, one after the other, if one dies.
  void begin_sending() { ++senders_; }
  void end_sending();
  bool being_sent() const { return senders_ > 0; }

  /// Where the log ends, counted from its first byte ever.
  std::uint64_t end() const { return dropped_ + text_.size(); }
  /// What lies from `offset` on and moves it to the end. If some of that is gone already, a line
  /// says so.
  std::string read_from(std::uint64_t& offset) const;
  Notifier& changed() { return changed_; }

 private:
  std::string text_;
  std::uint64_t dropped_ = 0;  ///< Bytes that came before `text_`.
  unsigned senders_ = 0;
  Notifier changed_;
};

/// The logs of the latest builds, in memory: who reads one later than a restart of the manager
/// still finds the reason of a failure in the workload. At most kLogsMax, the least recently used
/// goes first.
class BuildLogs {
 public:
  static constexpr std::size_t kLogsMax = 16;

  /// Nullptr if there is none. Shared, since a follower may hold it longer than we do.
  std::shared_ptr<BuildLog> find(const WorkloadName& workload, Generation generation);
  std::shared_ptr<BuildLog> find_or_make(const WorkloadName& workload, Generation generation);

 private:
  using Key = std::pair<WorkloadName, Generation>;
  struct Entry {
    Key key;
    std::shared_ptr<BuildLog> log;
  };
  std::list<Entry> logs_;  ///< The most recently used first.
};

}  // namespace hearth
