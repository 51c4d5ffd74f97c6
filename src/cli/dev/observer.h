#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/client/api_client.h"
#include "cli/client/api_views.h"
#include "cli/dev/dev_facts.h"
#include "ports/container_runtime.h"

namespace hearth::cli {

/// A row of service_status.
struct ServiceRow {
  std::string status;
  std::string container;  ///< Empty: none.
  std::string node;
  std::string node_ip;
};

/// Observes a dev cluster from outside, as a user can: through the manager's API, and through the
/// engine where the manager's answer is not proof enough. Blocks; for one thread.
class Observer {
 public:
  /// What was observed. `holds`: the awaited condition is met.
  struct Sight {
    bool holds = false;
    std::string words;
  };

  /// Every wait ends soon after `stopping` becomes true.
  Observer(ApiClient api, DevFacts facts, const std::atomic<bool>& stopping);

  const ApiClient& api() const { return api_; }
  const DevFacts& facts() const { return facts_; }
  bool stopping() const { return stopping_; }

  /// Looks until the sight holds, and returns its words. kTimeout after `limit`, with `awaited` and
  /// what was observed instead.
  Result<std::string> wait(Duration limit, const std::string& awaited,
                           const std::function<Sight()>& look) const;

  Result<std::vector<NodeView>> nodes() const;
  Result<NodeView> node(const NodeName& name) const;
  /// The wanted instances of one workload.
  Result<std::vector<InstanceView>> instances(const WorkloadName& workload) const;
  /// The message of the first event of this type about `subject` after `seq`; empty if none yet.
  Result<std::string> event_after(std::uint64_t seq, std::string_view type,
                                  const std::string& subject) const;
  Result<std::uint64_t> last_event() const;

  /// According to the engine, not the manager.
  Result<bool> engine_runs(const std::string& container) const;
  Result<void> engine_kill(const std::string& container) const;
  Result<void> engine_signal(const std::string& container, std::string_view name) const;
  Result<std::vector<Container>> engine_containers(const NodeName& node) const;

  /// What the manager's database says of a workload, as anybody can read it: the rows of
  /// service_status, in the order of their containers.
  Result<std::vector<ServiceRow>> service_rows(const WorkloadName& workload) const;

 private:
  ApiClient api_;
  DevFacts facts_;
  const std::atomic<bool>& stopping_;
};

/// Whether these nodes are live by the heartbeats that this manager received since its start.
/// States remembered from an earlier run do not count, nor do other nodes.
Observer::Sight all_live(const std::vector<NodeView>& nodes, const std::vector<NodeName>& wanted);

}  // namespace hearth::cli
