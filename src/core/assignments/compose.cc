#include "core/assignments/compose.h"

#include "base/check.h"

namespace hearth::core {

Assignment compose_assignment(const NodeName& node, Duration heartbeat_interval,
                              const AssignmentSources& sources) {
  Assignment assignment{.node = node,
                        .number = {},
                        .heartbeat_interval = heartbeat_interval,
                        .instances = {},
                        .images = {},
                        .builds = {}};
  for (const InstanceId& id : sources.instances.on_node(node)) {
    const Instance& instance = sources.instances.instance(id);
    if (instance.desired_state == DesiredState::kStop) continue;
    const Release* release =
        sources.workloads.workload(instance.workload).find_release(instance.generation);
    HEARTH_CHECK(release != nullptr);  // The releases of instances are kept.
    assignment.instances.push_back({.id = id,
                                    .workload = instance.workload,
                                    .generation = instance.generation,
                                    .desired_state = instance.desired_state,
                                    .image = instance.image,
                                    .spec = release->spec.instance});
  }
  for (const WorkloadName& name : sources.warm_images.held_by(node)) {
    assignment.images.push_back(sources.workloads.workload(name).current_release().built_image());
  }
  for (const WorkloadName& name : sources.builds.orders_of(node)) {
    const Release& release = sources.workloads.workload(name).latest();
    assignment.builds.push_back({.workload = name,
                                 .generation = release.generation,
                                 .bundle = release.spec.bundle,
                                 .reference = image_reference(name, release, node)});
  }
  return assignment;
}

}  // namespace hearth::core
