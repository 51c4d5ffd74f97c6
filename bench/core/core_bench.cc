// The cost of the manager's decisions, in the largest clusters.

#include <map>
#include <memory>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/check.h"
#include "bench/core/fleet_scene.h"

namespace hearth::bench {
namespace {

/// Made once: the library runs several measurements with each.
FleetScene& scene_of(std::uint32_t nodes) {
  static std::map<std::uint32_t, std::unique_ptr<FleetScene>> scenes;
  std::unique_ptr<FleetScene>& scene = scenes[nodes];
  if (!scene) scene = std::make_unique<FleetScene>(nodes, nodes * 10);
  return *scene;
}

/// Time per heartbeat, with everything due between two of them: ticks, canaries, dials.
void step(benchmark::State& state) {
  const auto nodes = static_cast<std::uint32_t>(state.range(0));
  FleetScene& scene = scene_of(nodes);
  std::int64_t heartbeats = 0;
  const std::uint64_t tended = scene.manager().counters().nodes_tended;
  for (auto _ : state) heartbeats += static_cast<std::int64_t>(scene.beat());
  state.SetItemsProcessed(heartbeats);
  state.counters["nodes_tended_per_heartbeat"] =
      static_cast<double>(scene.manager().counters().nodes_tended - tended) /
      static_cast<double>(heartbeats);
}
BENCHMARK(step)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

/// 100 of 10,000 nodes die at once, with 1,000 of 100,000 instances: the time of all steps, except
/// heartbeats of live nodes, until each of these instances has a place elsewhere.
void loss(benchmark::State& state) {
  for (auto _ : state) {
    FleetScene scene(10'000, 100'000);
    const auto before = scene.time_of_other_steps();
    scene.kill(100);
    int rounds = 0;
    do {
      scene.beat();
      HEARTH_CHECK(++rounds < 20);
    } while (scene.placed() < 100'000);
    const std::chrono::duration<double> took = scene.time_of_other_steps() - before;
    state.SetIterationTime(took.count());
  }
}
BENCHMARK(loss)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

/// Places instances of many workloads one after the other on 10,000 nodes, each in the room that
/// the previous ones left.
void place(benchmark::State& state) {
  constexpr std::uint32_t kNodes = 10'000;
  constexpr std::uint32_t kInstancesOfWorkload = 100;
  core::CapacityTable table;
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    const NodeName name = *NodeName::parse(fmt::format("node-{}", i));
    table.add_node(name);
    (void)table.set_eligibility(
        name, core::Eligibility({.state = NodeState::kLive, .has_report = true}, Epoch{1}));
    table.set_capacity(name, {.cpu_millis = 4000, .memory_bytes = 8ULL << 30});
    table.set_load(name, {.cpu = static_cast<std::uint16_t>(i % 7 * 100)});
  }
  std::uint32_t number = 0;
  for (auto _ : state) {
    const std::uint32_t workload = number++ / kInstancesOfWorkload;
    Instance instance{.id = {}, .workload = *WorkloadName::parse(fmt::format("app-{}", workload))};
    instance.image.reference = fmt::format("hearth/app-{}:1", workload);
    instance.container.resources = {.cpu_millis = 10, .memory_bytes = 1 << 20};
    const Result<NodeName> node = table.choose(core::request_of(instance));
    HEARTH_CHECK(node.has_value());
    instance.node = *node;
    table.follow(nullptr, &instance);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(place)->Iterations(200'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hearth::bench
