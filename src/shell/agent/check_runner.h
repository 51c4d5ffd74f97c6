#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "core/agent/messages.h"
#include "ports/container_runtime.h"
#include "ports/prober.h"

namespace hearth {

/// Finds out about running containers for the agent's core: asks the runtime about their
/// addresses, their HEALTHCHECKs and what they use, and runs the checks of their probes.
///
/// Addresses are remembered of kKnownMax instances, the latest: an id is never used again, and that
/// a container was removed is not always noticed.
///
/// It decides nothing. All on the loop.
class CheckRunner {
 public:
  using Deliver = std::function<void(const core::AgentEvent&)>;
  static constexpr std::size_t kKnownMax = 1024;

  CheckRunner(ContainerRuntime& runtime, Prober& prober, Deliver deliver)
      : runtime_(runtime), prober_(prober), deliver_(std::move(deliver)) {}

  void inspect(const core::InspectContainer& wanted);
  void run(const core::RunCheck& wanted);
  void sample(const core::SampleUsage& wanted);
  /// The container was removed.
  void forget(const ContainerId& container, const InstanceId& instance);

 private:
  void forget_oldest();

  struct Known {
    ContainerId container;
    std::string address;
    std::uint64_t number = 0;  ///< Counts what was found out.
  };

  ContainerRuntime& runtime_;
  Prober& prober_;
  Deliver deliver_;
  std::map<InstanceId, Known> known_;  ///< Of each instance's latest container.
  std::uint64_t inspections_ = 0;
};

}  // namespace hearth
