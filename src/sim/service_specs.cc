#include "sim/service_specs.h"

#include <array>
#include <string>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Longer than a program takes, in a container that was started long before it was seen to run.
constexpr Duration kReadyMax = seconds(15);
/// Several beats, so that one that comes late is none that is missing.
constexpr Duration kBeatsMax = seconds(6);
constexpr std::uint16_t kPort = 80;

HealthAction draw_action(World& world) {
  constexpr std::array kActions{HealthAction::kMark, HealthAction::kRestart,
                                HealthAction::kReplace};
  return kActions[world.prng().below(kActions.size())];
}

Probe draw_probe(World& world) {
  Probe probe{.check = TcpCheck{.port = kPort},
              .period = world.between(seconds(1), seconds(3)),
              .timeout = seconds(1),
              .failures = static_cast<std::uint32_t>(2 + world.prng().below(2))};
  if (world.chance(300)) probe.check = HttpCheck{.port = kPort};
  if (world.chance(300)) probe.check = ExecCheck{.command = {"check"}};
  return probe;
}

std::vector<LogRule> draw_rules(World& world) {
  const auto hold_off = [&world] { return world.between(seconds(5), seconds(10)); };
  std::vector<LogRule> rules;
  const auto add = [&](const char* name, auto condition, HealthAction action) {
    rules.push_back({.name = name,
                     .condition = std::move(condition),
                     .action = action,
                     .hold_off = hold_off()});
  };
  const std::string bad(SimPrograms::kBadLine.substr(0, 5));
  if (world.chance(700)) add("fatal", MustNotAppear{.pattern = bad}, draw_action(world));
  if (world.chance(300)) {
    add("often-fatal", MustNotAppear{.pattern = bad, .count = 3, .within = seconds(20)},
        draw_action(world));
  }
  if (world.chance(500)) {
    add("ready", MustAppear{.pattern = std::string(SimPrograms::kReadyLine), .within = kReadyMax},
        HealthAction::kRestart);
  }
  if (world.chance(600)) {
    add("beats", MustRecur{.pattern = std::string(SimPrograms::kBeat), .every = kBeatsMax},
        draw_action(world));
  }
  if (world.chance(300)) add("silence", LogSilence{.longest = kBeatsMax}, draw_action(world));
  return rules;
}

}  // namespace

void make_service(World& world, WorkloadSpec& spec) {
  InstanceSpec& instance = spec.instance;
  instance.container.environment[SimPrograms::kProgramKey] = SimPrograms::kService;
  if (world.chance(300)) instance.container.environment[SimPrograms::kHealthcheckKey] = "yes";
  if (world.chance(300)) {
    instance.container.environment[SimPrograms::kMemoryKey] =
        world.chance(500) ? SimPrograms::kLeak : SimPrograms::kSawTooth;
  }
  instance.log_rules = draw_rules(world);
  if (world.chance(300)) instance.probes.startup = draw_probe(world);
  if (instance.probes.startup) instance.probes.startup->failures = 30;
  if (world.chance(400)) instance.probes.readiness = draw_probe(world);
  if (world.chance(400)) instance.probes.liveness = draw_probe(world);
  if (world.chance(300)) instance.probes.image_healthcheck = HealthcheckUse::kLiveness;
  if (world.chance(250)) instance.replace = ReplaceOrder::kStopFirst;
  if (world.chance(200)) instance.restart = RestartPolicy::kOnFailure;
  instance.stop.grace = world.between(seconds(1), seconds(10));
  instance.ready_deadline = seconds(20);
}

ContainerSpec made_by_hand() {
  return {.environment = {{SimPrograms::kProgramKey, SimPrograms::kService}}};
}

void make_adopted(World& world, WorkloadSpec& spec, const NodeName& node, const std::string& name) {
  make_service(world, spec);
  InstanceSpec& instance = spec.instance;
  instance.container = {};
  instance.probes.image_healthcheck = HealthcheckUse::kReadiness;
  instance.replace = ReplaceOrder::kStopFirst;
  instance.adopted =
      AdoptedContainer{.name = name,
                       .restart = world.chance(500) ? AdoptedContainer::Restart::kRecreate
                                                    : AdoptedContainer::Restart::kStart};
  spec.bundle = no_bundle();
  spec.instances = 1;
  spec.node = node;
  spec.on_node_lost = NodeLossPolicy::kStay;
}

void make_job(WorkloadSpec& spec) {
  spec.kind = WorkloadKind::kOneshot;
  spec.instance.restart = RestartPolicy::kOnFailure;
  spec.instance.container.environment[SimPrograms::kProgramKey] = SimPrograms::kJob;
}

std::vector<Illness> noticed_illnesses(const InstanceSpec& spec) {
  bool reads_errors = false;
  bool reads_beats = false;
  for (const LogRule& rule : spec.log_rules) {
    const bool is_absence = std::holds_alternative<MustRecur>(rule.condition) ||
                            std::holds_alternative<LogSilence>(rule.condition);
    if (is_absence) reads_beats = true;
    if (rule.name == "fatal") reads_errors = true;
  }
  const bool probes = spec.probes.readiness || spec.probes.liveness;
  const bool asks_image =
      spec.container.environment.contains(SimPrograms::kHealthcheckKey) &&
      (spec.probes.image_healthcheck == HealthcheckUse::kLiveness || !spec.probes.readiness);
  std::vector<Illness> noticed;
  if (reads_errors) noticed.push_back(Illness::kErrs);
  if (reads_beats) noticed.push_back(Illness::kSilent);
  if (probes || asks_image) noticed.push_back(Illness::kRefuses);
  if (probes || asks_image || reads_beats) noticed.push_back(Illness::kHangs);
  if (asks_image) noticed.push_back(Illness::kUnhealthy);
  return noticed;
}

}  // namespace hearth::sim
