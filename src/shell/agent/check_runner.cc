#include "shell/agent/check_runner.h"

#include <algorithm>

namespace hearth {

void CheckRunner::inspect(const core::InspectContainer& wanted) {
  runtime_.inspect(wanted.container, [this, wanted](const Result<ContainerDetails>& details) {
    if (!details) return;  // The core asks again.
    known_.insert_or_assign(wanted.instance,
                            Known{wanted.container, details->address, ++inspections_});
    if (known_.size() > kKnownMax) forget_oldest();
    deliver_(core::HealthcheckReported{.container = wanted.container,
                                       .instance = wanted.instance,
                                       .by = core::HealthcheckReported::By::kInspection,
                                       .health = details->health,
                                       .output = details->health_output});
  });
}

void CheckRunner::forget(const ContainerId& container, const InstanceId& instance) {
  const auto known = known_.find(instance);
  if (known != known_.end() && known->second.container == container) known_.erase(known);
}

void CheckRunner::forget_oldest() {
  known_.erase(std::min_element(
      known_.begin(), known_.end(),
      [](const auto& one, const auto& other) { return one.second.number < other.second.number; }));
}

void CheckRunner::sample(const core::SampleUsage& wanted) {
  runtime_.usage(wanted.container, [this, wanted](const Result<ContainerUsage>& usage) {
    deliver_(core::UsageSampled{.container = wanted.container,
                                .instance = wanted.instance,
                                .number = wanted.number,
                                .usage = usage ? std::optional(*usage) : std::nullopt});
  });
}

void CheckRunner::run(const core::RunCheck& wanted) {
  const auto known = known_.find(wanted.instance);
  const bool is_known = known != known_.end() && known->second.container == wanted.container;
  prober_.run({.container = wanted.container,
               .network = wanted.network,
               .address = is_known ? known->second.address : "",
               .check = wanted.due.check,
               .timeout = wanted.due.timeout},
              [this, wanted](ProbeResult result) {
                deliver_(core::CheckDone{.container = wanted.container,
                                         .instance = wanted.instance,
                                         .answer = {.probe = wanted.due.probe,
                                                    .number = wanted.due.number,
                                                    .result = std::move(result)}});
              });
}

}  // namespace hearth
