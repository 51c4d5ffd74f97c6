#include "sim/programs.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/enum_names.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<EnumName<Illness>, 6> kIllnesses{{
    {Illness::kNone, "well"},
    {Illness::kErrs, "writes bad lines"},
    {Illness::kSilent, "falls silent"},
    {Illness::kRefuses, "refuses checks"},
    {Illness::kHangs, "hangs"},
    {Illness::kUnhealthy, "is unhealthy"},
}};
/// Of beats with kErrs, in thousandths.
constexpr std::uint32_t kBadShare = 400;

std::string_view value_of(const ContainerSpec& spec, const char* key) {
  const auto found = spec.environment.find(key);
  return found == spec.environment.end() ? std::string_view{} : std::string_view(found->second);
}

bool has_healthcheck(const ContainerSpec& spec) {
  return spec.environment.contains(SimPrograms::kHealthcheckKey);
}

}  // namespace

void SimPrograms::start(const ContainerId& container, const ContainerSpec& spec) {
  const std::string_view kind = value_of(spec, kProgramKey);
  Program& program = running_[container];
  program = {.run = ++runs_, .spec = spec, .started_at = host_.instant().mono};
  if (kind.empty()) return;
  World& world = host_.world();
  if (kind == kJob) {
    return later(container, world.between(seconds(1), seconds(8)), &SimPrograms::finish);
  }
  later(container, world.between(milliseconds(50), kReadyWithin), &SimPrograms::say_ready);
  if (!has_healthcheck(spec)) return;
  program.health = ImageHealth::kStarting;
  later(container, kHealthcheckPeriod, &SimPrograms::check_health);
}

void SimPrograms::set_paused(const ContainerId& container, bool is_paused) {
  const auto found = running_.find(container);
  if (found == running_.end()) return;
  found->second.paused = is_paused;
  blame(container);
}

void SimPrograms::sicken(const ContainerId& container, Illness illness) {
  const auto found = running_.find(container);
  if (found == running_.end()) return;
  if (illness == Illness::kUnhealthy && !has_healthcheck(found->second.spec)) {
    illness = Illness::kRefuses;
  }
  found->second.illness = illness;
  blame(container);
}

void SimPrograms::cure_all() {
  for (auto& [container, program] : running_) {
    program.illness = Illness::kNone;
    program.paused = false;
  }
}

const SimPrograms::Program* SimPrograms::find(const ContainerId& container) const {
  const auto found = running_.find(container);
  return found == running_.end() ? nullptr : &found->second;
}

void SimPrograms::later(const ContainerId& container, Duration delay,
                        void (SimPrograms::*act)(const ContainerId&, Program&)) {
  host_.after(delay, [this, container, run = running_.at(container).run, act] {
    const auto found = running_.find(container);
    if (found != running_.end() && found->second.run == run) (this->*act)(container, found->second);
  });
}

void SimPrograms::say_ready(const ContainerId& container, Program& program) {
  if (program.paused) return later(container, kBeatPeriod, &SimPrograms::say_ready);
  later(container, kBeatPeriod, &SimPrograms::beat);
  hooks_.write(container, LogStream::kStdout, kReadyLine);
}

void SimPrograms::beat(const ContainerId& container, Program& program) {
  World& world = host_.world();
  later(container, kBeatPeriod + world.between(milliseconds(0), milliseconds(300)),
        &SimPrograms::beat);
  if (program.paused) return;
  const bool is_mute = program.illness == Illness::kSilent || program.illness == Illness::kHangs;
  if (is_mute) return;
  const bool is_bad = program.illness == Illness::kErrs && world.chance(kBadShare);
  hooks_.write(container, is_bad ? LogStream::kStderr : LogStream::kStdout,
               is_bad ? kBadLine : kBeat);
}

void SimPrograms::check_health(const ContainerId& container, Program& program) {
  later(container, kHealthcheckPeriod, &SimPrograms::check_health);
  if (program.paused) return;
  const bool is_well =
      answer(container) == ProbeOutcome::kSucceeded && program.illness != Illness::kUnhealthy;
  const ImageHealth health = is_well ? ImageHealth::kHealthy : ImageHealth::kUnhealthy;
  if (std::exchange(program.health, health) != health) hooks_.on_health(container, health);
}

void SimPrograms::finish(const ContainerId& container, Program& program) {
  if (program.paused) return later(container, kBeatPeriod, &SimPrograms::finish);
  hooks_.on_exit(container, 0);
}

ProbeOutcome SimPrograms::answer(const ContainerId& container) const {
  const Program* program = find(container);
  if (program == nullptr) return ProbeOutcome::kFailed;
  if (program->paused || program->illness == Illness::kHangs) return ProbeOutcome::kTimedOut;
  return program->illness == Illness::kRefuses ? ProbeOutcome::kFailed : ProbeOutcome::kSucceeded;
}

ImageHealth SimPrograms::health(const ContainerId& container) const {
  const Program* program = find(container);
  return program == nullptr ? ImageHealth::kNone : program->health;
}

ContainerUsage SimPrograms::usage(const ContainerId& container) const {
  const Program* program = find(container);
  if (program == nullptr || !program->spec.environment.contains(kProgramKey)) {
    return {.memory_bytes = 0, .pids = 1, .cpu_time = Duration::zero()};
  }
  const Duration age = host_.instant().mono - program->started_at;
  const std::string_view course = value_of(program->spec, kMemoryKey);
  Duration growing{};
  if (course == kLeak) growing = age;
  if (course == kSawTooth) growing = age % kToothLength;
  const auto grown = static_cast<std::uint64_t>(growing / seconds(1)) * kMemoryPerSecond;
  return {.memory_bytes = std::min(kMemoryAtStart + grown, kMemoryLimit),
          .memory_limit_bytes = kMemoryLimit,
          .pids = 1,
          .cpu_time = age / 100};
}

std::string_view name_of(Illness illness) {
  return word_of(kIllnesses, illness);
}

}  // namespace hearth::sim
