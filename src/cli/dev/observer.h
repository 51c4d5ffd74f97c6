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

/// Looks at a dev cluster from outside, as a user can: by the manager's API, and by the engine
/// where the manager's word is not enough. Blocks; for one thread.
class Observer {
 public:
  /// What was seen; `holds`: it is what was waited for.
  struct Sight {
    bool holds = false;
    std::string words;
  };

  /// `stopping`: makes every wait end soon.
  Observer(ApiClient api, DevFacts facts, const std::atomic<bool>& stopping);

  const ApiClient& api() const { return api_; }
  const DevFacts& facts() const { return facts_; }
  bool stopping() const { return stopping_; }

  /// Looks until it holds; its words. kTimeout after `limit`: `awaited`, and what was seen instead.
  Result<std::string> wait(Duration limit, const std::string& awaited,
                           const std::function<Sight()>& look) const;

  Result<std::vector<NodeView>> nodes() const;
  Result<NodeView> node(const NodeName& name) const;
  /// Of one workload, those that are wanted.
  Result<std::vector<InstanceView>> instances(const WorkloadName& workload) const;
  /// The message of the first event of this type about the subject after `seq`; empty: none yet.
  Result<std::string> event_after(std::uint64_t seq, std::string_view type,
                                  const std::string& subject) const;
  Result<std::uint64_t> last_event() const;

  /// The engine's own word.
  Result<bool> engine_runs(const std::string& container) const;
  Result<void> engine_kill(const std::string& container) const;
  Result<std::vector<Container>> engine_containers(const NodeName& node) const;

 private:
  ApiClient api_;
  DevFacts facts_;
  const std::atomic<bool>& stopping_;
};

/// Whether these nodes are live by what this manager received from them since its start: what it
/// remembers of an earlier one does not count, nor do other nodes.
Observer::Sight all_live(const std::vector<NodeView>& nodes, const std::vector<NodeName>& wanted);

}  // namespace hearth::cli
