#include "sim/story.h"

#include <fmt/format.h>

#include "core/slot_memory/slot_memory.h"
#include "core/status_reporter/status_reporter.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A state that lasts this long is not merely passing.
constexpr Duration kSettledFor = seconds(3);
/// Longer than every period of the agents, so that any activity of their own shows.
constexpr Duration kQuiet = seconds(35);

}  // namespace

Story::Story(std::uint64_t seed, HistoryOptions options)
    : world_(seed, {.sink = std::move(options.sink),
                    .words = std::move(options.words),
                    .core_checks = options.core_checks}),
      wall_clocks_(options.wall_clocks),
      wall_seed_(seed) {}

void Story::begin(ClusterShape shape) {
  shape.wall_clocks = wall_clocks_;
  shape.wall_seed = wall_seed_;
  cluster_.emplace(world_, shape);
  cluster_->start();
}

NodeName Story::node(std::uint32_t number) {
  return *NodeName::parse(fmt::format("node{}", number));
}

WorkloadName Story::workload(std::uint64_t number) {
  return *WorkloadName::parse(fmt::format("app{}", number));
}

Digest Story::bundle(std::uint64_t number) {
  return *Digest::parse(fmt::format("sha256:{:064x}", number));
}

WorkloadSpec Story::spec(std::uint64_t bundle_number, std::uint32_t instances) {
  return {
      .kind = WorkloadKind::kApplication,
      .instances = instances,
      .bundle = bundle(bundle_number),
      .instance = {.container = {.resources = {.cpu_millis = kCpuOfInstance, .memory_bytes = 0}},
                   .min_ready = milliseconds(500)},
      .on_node_lost = NodeLossPolicy::kReplace};
}

void Story::settle(Duration most) {
  const MonoTime end = world_.now() + most;
  MonoTime unsettled_at = world_.now();
  while (!broken() && world_.now() - unsettled_at < kSettledFor) {
    const std::string why = cluster_->unsettled();
    if (!why.empty()) unsettled_at = world_.now();
    if (world_.now() >= end) {
      return world_.violate("settles",
                            fmt::format("{} s after the last fault: {}",
                                        std::chrono::duration_cast<seconds>(most).count(), why));
    }
    pass(milliseconds(500));
  }
  if (!broken()) world_.note("checker", "everything is as requested");
}

void Story::await_ends() {
  pass(core::DoubtfulEnds::kRuntimeEndMax + seconds(1));
  settle();
}

void Story::stay_quiet() {
  pass(core::StatusReporter::kReportPeriod + seconds(1));  // Lost reports are repeated by then.
  cluster_->checker().expect_quiet(true);
  pass(kQuiet);
  cluster_->checker().expect_quiet(false);
  if (broken()) return;
  if (const std::string why = cluster_->unsettled(); !why.empty()) {
    world_.violate("settles", "did not last: " + why);
  }
}

std::size_t Story::running(const WorkloadName& name) {
  std::size_t count = 0;
  for (const NodeName& node_name : cluster_->node_names()) {
    for (const auto& [id, container] : cluster_->machine(node_name).engine().containers()) {
      if (container.workload == name && container.state == ContainerState::kRunning) ++count;
    }
  }
  return count;
}

NodeState Story::verdict(std::uint32_t number) {
  return cluster_->stored().nodes().at(node(number)).state;
}

}  // namespace hearth::sim
