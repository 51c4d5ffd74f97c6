#include "core/assignments/compose.h"

#include "base/check.h"

namespace hearth::core {
namespace {

/// What of it the node has. A oneshot is left out: the node cannot know that it is to run again.
std::vector<Dependency> after_here(const std::vector<Dependency>& after, const NodeName& node,
                                   const AssignmentSources& sources) {
  std::vector<Dependency> here;
  for (const Dependency& one : after) {
    const Workload* workload = sources.workloads.find(one.workload);
    if (workload == nullptr || !sources.instances.keeps_on(one.workload, node)) continue;
    if (workload->latest().spec.kind == WorkloadKind::kOneshot) continue;
    here.push_back({.workload = one.workload, .until = one.until});
  }
  return here;
}

}  // namespace

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
                                    .spec = release->spec.instance,
                                    .after = after_here(release->spec.after, node, sources)});
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
