#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/instance_usage.h"
#include "model/resources.h"

/// The parts of the manager's API answers that the command line shows or waits for.
///
/// States stay text, so that one that only a newer manager knows is shown as it is. Unknown members
/// are ignored, absent ones are empty. Decoders fail with kCorrupt and the path of the wrong
/// member.
namespace hearth::cli {

struct NodeView {
  std::string name;
  std::string display_name;
  std::string address;
  std::string state;     ///< As name_of(NodeState).
  std::string evidence;  ///< In words.
  bool cordoned = false;
  std::string boot_id;  ///< Of the latest incarnation, together with `start_count`.
  std::uint64_t start_count = 0;
  Resources capacity;
  Load load;
  std::string recovery_phase;  ///< As name_of(RecoveryPhase); "none" or empty: no recovery.
  std::uint32_t recovery_attempt = 0;
  std::string recovery_reason;
  std::string problem;
  std::uint32_t instances = 0;
  std::optional<WallTime> changed_at;
  std::optional<Duration> silent_for;  ///< Since its last heartbeat.
};

/// How far the release is that the instances of a workload are to have.
struct TargetView {
  std::uint64_t generation = 0;
  std::uint32_t instances = 0;  ///< Wanted.
  std::uint32_t ready = 0;
};

struct WorkloadView {
  std::string name;
  std::string kind;
  std::uint64_t generation = 0;
  std::string phase;  ///< As name_of(WorkloadPhase).
  std::string reason;
  std::uint32_t instances = 0;  ///< Wanted.
  std::uint32_t running = 0;
  std::string bundle;
  std::string image;
  std::string build_node;
  std::string on_node_lost;
  std::string adopted;  ///< The name of the container that it adopts; empty: it is built.
  std::optional<TargetView> target;
};

/// A release that is kept.
struct ReleaseView {
  std::uint64_t generation = 0;
  std::string state;  ///< "current", "next" or "earlier".
  std::optional<WallTime> deployed_at;
  std::string deployed_by;
  std::string fault;
  std::string changes;  ///< Against the release that it replaced, in words.
};

struct InstanceView {
  std::string id;
  std::string workload;
  std::uint64_t generation = 0;
  std::string node;  ///< Empty: not placed yet.
  std::string address;
  std::string desired_state;
  std::string state;  ///< As name_of(InstanceState).
  std::string container;
  std::uint32_t restarts = 0;
  std::uint32_t failures = 0;
  std::string failed_container;  ///< Of the latest of them.
  std::string health;            ///< As name_of(Health).
  std::string health_reason;
  std::optional<std::uint32_t> exit_code;  ///< Of its latest container that ended.
  bool out_of_memory = false;
  std::string last_words;  ///< Of its latest container that ended.
  std::string reason;
  std::string replaces;
  std::optional<WallTime> changed_at;
  std::optional<InstanceUsage> usage;  ///< Absent: not known.
};

/// How long a workload was how available within a period, which is the sum.
struct AvailabilityView {
  std::string period;  ///< "hour".
  Duration available{};
  Duration reduced{};
  Duration unavailable{};
  Duration unwanted{};
  Duration unknown{};
};

/// A change of the condition of a workload, of an instance or of the manager.
struct HistoryView {
  std::string subject;  ///< The instance, "workload" or "manager".
  std::optional<WallTime> at;
  std::optional<WallTime> until;  ///< Of the next one of the subject.
  bool lasts = false;
  std::string state;  ///< As name_of(Condition).
  std::string cause;
  std::string node;
  std::string container;
};

/// The manager itself.
struct StatusView {
  std::string version;
  std::string cluster;  ///< The prefix of its topics.
  std::uint64_t epoch = 0;
  std::string bus;                  ///< Its bootstrap address for agents.
  std::optional<bool> bus_carries;  ///< False: the manager is blind.
  std::string store_fault;          ///< Why the store fails; empty while it works.
  std::optional<WallTime> started_at;
  std::uint64_t last_event_seq = 0;
};

Result<StatusView> decode_status(std::string_view text);
Result<NodeView> decode_node(std::string_view text);
Result<WorkloadView> decode_workload(std::string_view text);
Result<std::vector<NodeView>> decode_nodes(const std::vector<std::string>& pages);
Result<std::vector<WorkloadView>> decode_workloads(const std::vector<std::string>& pages);
Result<std::vector<InstanceView>> decode_instances(const std::vector<std::string>& pages);

/// The "next" cursor of a page; empty on the last page.
Result<std::string> decode_next_cursor(std::string_view page);
Result<std::vector<AvailabilityView>> decode_availability(std::string_view text);
Result<std::vector<HistoryView>> decode_history(const std::vector<std::string>& pages);
Result<std::vector<ReleaseView>> decode_releases(const std::vector<std::string>& pages);

/// The answer to a command that leads to a release.
struct AcceptedView {
  std::uint64_t generation = 0;
  std::string message;
};
Result<AcceptedView> decode_accepted(std::string_view text);
/// The "generation" assigned to a deploy.
Result<std::uint64_t> decode_generation(std::string_view text);
/// The "lines" of an explanation.
Result<std::vector<std::string>> decode_lines(std::string_view text);

}  // namespace hearth::cli
