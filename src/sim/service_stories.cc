#include "sim/service_stories.h"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sim/hands.h"
#include "sim/service_specs.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kServices = 3;
constexpr std::uint32_t kInstances = 2;
constexpr int kRounds = 5;
/// A rule or probe notices an illness within this time.
constexpr Duration kNoticedWithin = seconds(25);
/// The longest hold-off of a rule.
constexpr Duration kHoldOffMax = seconds(10);

struct Target {
  SimEngine* engine;
  Container container;
};

/// A running container of a service or job; nullopt: there is none.
std::optional<Target> draw_target(Story& story) {
  std::vector<Target> targets;
  for (const NodeName& name : story.cluster().node_names()) {
    SimEngine& engine = story.cluster().machine(name).engine();
    for (const auto& [id, container] : engine.containers()) {
      if (container.state == ContainerState::kRunning) targets.push_back({&engine, container});
    }
  }
  if (targets.empty()) return std::nullopt;
  return targets[story.world().prng().below(targets.size())];
}

void begin_with_services(Story& story) {
  story.begin({.nodes = 3, .clocks_are_set = false});
  for (std::uint64_t number = 1; number <= kServices; ++number) {
    WorkloadSpec spec = Story::spec(number, kInstances);
    make_service(story.world(), spec);
    story.cluster().the_operator().deploy(Story::workload(number), spec);
  }
  WorkloadSpec job = Story::spec(kServices + 1, 1);
  make_job(job);
  story.cluster().the_operator().deploy(Story::workload(kServices + 1), job);
  story.settle();
}

const InstanceSpec& spec_of(Story& story, const WorkloadName& name) {
  return story.cluster().stored().workloads().at(name).current_release().spec.instance;
}

/// Whether something follows from the illness: the container is gone, or the instance is degraded.
bool is_noticed(Story& story, const Target& target) {
  const auto container = target.engine->containers().find(target.container.id);
  if (container == target.engine->containers().end()) return true;
  if (container->second.state != ContainerState::kRunning) return true;
  const auto row = story.cluster().stored().instances().find(target.container.instance);
  return row == story.cluster().stored().instances().end() ||
         row->second.status.health == Health::kDegraded;
}

void fall_ill(Story& story) {
  const std::optional<Target> target = draw_target(story);
  if (!target) return;
  const std::vector<Illness> illnesses =
      noticed_illnesses(spec_of(story, target->container.workload));
  if (illnesses.empty()) return;
  const Illness illness = illnesses[story.world().prng().below(illnesses.size())];
  target->engine->sicken(target->container.id, illness);
  const MonoTime end = story.world().now() + kNoticedWithin;
  while (!story.broken() && story.world().now() < end && !is_noticed(story, *target)) {
    story.pass(milliseconds(100));
  }
  story.expect(is_noticed(story, *target),
               fmt::format("that '{}' {} should have been noticed",
                           target->container.instance.str(), name_of(illness)));
  story.pass(seconds(10));
}

}  // namespace

void tell_services_fail(Story& story) {
  begin_with_services(story);
  for (int round = 0; round < kRounds && !story.broken(); ++round) {
    story.pass(kHoldOffMax);
    fall_ill(story);
    story.cluster().heal();
    story.settle();
  }
  if (!story.broken()) story.stay_quiet();
}

void tell_hands_meddle(Story& story) {
  begin_with_services(story);
  for (int round = 0; round < kRounds && !story.broken(); ++round) {
    story.cluster().service_checker().on_disturbance();
    for (const NodeName& name : story.cluster().node_names()) {
      story.cluster().checker().on_engine_trouble(name);
    }
    const std::uint64_t times = 1 + story.world().prng().below(3);
    for (std::uint64_t i = 0; i < times; ++i) {
      if (const std::optional<Target> target = draw_target(story)) {
        meddle(story.world(), *target->engine, target->container.id);
      }
      story.pass(story.world().between(milliseconds(10), seconds(4)));
    }
    if (story.world().chance(500)) story.pass(kMeddlingMax);
    story.cluster().heal();
    story.settle();
  }
  if (!story.broken()) story.stay_quiet();
}

}  // namespace hearth::sim
