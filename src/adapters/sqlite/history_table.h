#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "adapters/sqlite/database.h"
#include "model/history.h"

namespace hearth {

/// The history: rows are only added, and deleted in lots once they exceed a bound.
///
/// The last row of a subject holds until today, so it stays however old it is; that of an instance
/// that is gone, or of a workload that was removed, goes by its age. All methods raise SqliteFault.
class HistoryTable {
 public:
  /// Of each row, as of the newest one: a month of history and a day.
  static constexpr auto kAgeMax = std::chrono::hours(31 * 24);
  static constexpr std::uint64_t kRowsOfWorkloadMax = kHistoryOfWorkloadMax;
  static constexpr std::uint64_t kRowsMax = 200'000;
  /// The bounds are applied after this many rows, and may be exceeded by as many.
  static constexpr std::uint64_t kTrimEvery = 256;

  explicit HistoryTable(SqlDatabase& database);
  /// Within a transaction. Returns true if trim() is due.
  bool append(const HistoryEntry& entry);
  void trim();
  /// Of a workload with its instances, or of the manager; oldest first.
  std::vector<HistoryEntry> of(const std::optional<WorkloadName>& workload);

 private:
  SqlStatement append_;
  SqlStatement trim_workload_;
  SqlStatement trim_;
  SqlStatement of_;
  std::set<std::optional<WorkloadName>> grown_;  ///< Since the last trim.
  std::uint64_t appended_ = kTrimEvery;          ///< Since the last trim; the first row trims.
  WallTime newest_{};
};

}  // namespace hearth
