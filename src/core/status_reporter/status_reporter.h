#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "model/heartbeat.h"

namespace hearth::core {

/// The status of a node: which assignment it follows, and all that it has.
struct NodeStatus {
  AssignmentNumber applied;
  Report report;
  bool operator==(const NodeStatus&) const = default;
};

struct ReporterSettings {
  Incarnation incarnation;
  std::uint16_t agent_port = 0;
  Duration heartbeat_interval{};  ///< Until an assignment says otherwise. > 0.
};

/// Decides when a node sends a heartbeat, and when the heartbeat carries a report.
///
/// A heartbeat is sent at its interval. A change is reported at once, but changes close together
/// are reported together; without a change, a report is sent every kReportPeriod. After the process
/// stood still it reports at once: the manager may have judged it meanwhile.
///
/// It does not know what the node has: each step passes it in. Sans-io, not thread-safe.
class StatusReporter {
 public:
  /// A full report is sent at least this often, even if nothing changed.
  static constexpr Duration kReportPeriod = std::chrono::seconds(10);
  /// Changes this close together are reported together.
  static constexpr Duration kReportGap = std::chrono::milliseconds(20);

  struct State {
    Duration heartbeat_interval{};
    Load load;
    std::uint64_t seq = 0;               ///< Of the last heartbeat.
    std::optional<NodeStatus> reported;  ///< In the last report.
    std::optional<MonoTime> last_sent;
    MonoTime next_heartbeat{};
    MonoTime next_report{};               ///< A full report is due then in any case.
    std::optional<MonoTime> report_at{};  ///< When a change is to be reported.
    bool operator==(const State&) const = default;
  };

  /// The first heartbeat is due at `now`.
  StatusReporter(ReporterSettings settings, MonoTime now);
  StatusReporter(ReporterSettings settings, State state);
  State save() const { return state_; }

  void on_load(const Load& load) { state_.load = load; }
  /// The bus did not accept the last heartbeat: the next one reports everything again. Not sooner,
  /// or a bus that is away would be flooded.
  void on_dropped();
  /// An assignment sets the heartbeat interval; zero: it does not.
  void on_interval(Duration heartbeat_interval, MonoTime now);
  /// Lets time pass; call it after every event. Returns the heartbeat to send now.
  std::optional<Heartbeat> tend(const NodeStatus& status, MonoTime now);

  /// A heartbeat with a full report outside of the sequence, for requests over HTTP.
  Heartbeat answer(const NodeStatus& status, MonoTime now) const;

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: tend() notices on its own that the process stood still.
  void on_stall(Duration, MonoTime) {}
  /// Does nothing: a heartbeat that the bus did not accept was reported by on_dropped().
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  void note_change(const NodeStatus& status, MonoTime now);
  bool is_report_due(MonoTime now) const;
  Heartbeat sign_of_life(const AssignmentNumber& applied, MonoTime now) const;

  ReporterSettings settings_;
  State state_;
};

}  // namespace hearth::core
