#pragma once

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
/// It decides nothing. All on the loop.
class CheckRunner {
 public:
  using Deliver = std::function<void(const core::AgentEvent&)>;

  CheckRunner(ContainerRuntime& runtime, Prober& prober, Deliver deliver)
      : runtime_(runtime), prober_(prober), deliver_(std::move(deliver)) {}

  void inspect(const core::InspectContainer& wanted);
  void run(const core::RunCheck& wanted);
  void sample(const core::SampleUsage& wanted);

 private:
  struct Known {
    ContainerId container;
    std::string address;
  };

  ContainerRuntime& runtime_;
  Prober& prober_;
  Deliver deliver_;
  std::map<InstanceId, Known> known_;  ///< Of each instance's latest container.
};

}  // namespace hearth
