#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "model/container.h"
#include "model/instance_spec.h"
#include "model/probe_result.h"
#include "sim/host.h"

namespace hearth::sim {

/// What can be wrong with a program, until it is cured or ends.
enum class Illness : std::uint8_t {
  kNone,
  kErrs,       ///< It writes kBadLine at times, and works otherwise.
  kSilent,     ///< It writes nothing.
  kRefuses,    ///< It refuses every check.
  kHangs,      ///< It answers no check, and writes nothing.
  kUnhealthy,  ///< The HEALTHCHECK of its image fails; if it has none: as kRefuses.
};

/// The programs in one engine's containers: what they write, answer and use. A container whose
/// environment has no kProgramKey does nothing but run, draws no random numbers, and answers every
/// check.
///
/// A service writes kReadyLine soon after its start, and then kBeat every kBeatPeriod or a little
/// later. A job ends with 0 after a while. A paused program does nothing.
class SimPrograms {
 public:
  static constexpr const char* kProgramKey = "PROGRAM";  ///< Of a container's environment.
  static constexpr const char* kService = "service";
  static constexpr const char* kJob = "job";
  /// Whether the image has a HEALTHCHECK; a key of the environment, too.
  static constexpr const char* kHealthcheckKey = "HEALTHCHECK";
  /// The course of its memory's use: kPlateau if there is no such key.
  static constexpr const char* kMemoryKey = "MEMORY";
  static constexpr const char* kLeak = "leak";
  static constexpr const char* kSawTooth = "saw-tooth";

  static constexpr std::string_view kReadyLine = "ready";
  static constexpr std::string_view kBeat = "beat";
  static constexpr std::string_view kBadLine = "FATAL the sensor is lost";
  static constexpr Duration kReadyWithin = std::chrono::seconds(2);
  static constexpr Duration kBeatPeriod = std::chrono::seconds(1);
  static constexpr Duration kHealthcheckPeriod = std::chrono::seconds(2);

  static constexpr std::uint64_t kMemoryAtStart = 64ULL << 20;
  static constexpr std::uint64_t kMemoryLimit = 256ULL << 20;
  /// By which a leak grows in a second, and a saw tooth until it drops to the start.
  static constexpr std::uint64_t kMemoryPerSecond = 1ULL << 20;
  static constexpr Duration kToothLength = std::chrono::seconds(60);

  struct Hooks {
    std::function<void(const ContainerId&, LogStream, std::string_view)> write;
    std::function<void(const ContainerId&, ImageHealth)> on_health;  ///< It changed.
    std::function<void(const ContainerId&, int code)> on_exit;
  };
  SimPrograms(SimHost& host, Hooks hooks) : host_(host), hooks_(std::move(hooks)) {}

  void start(const ContainerId& container, const ContainerSpec& spec);
  void end(const ContainerId& container) { running_.erase(container); }
  void set_paused(const ContainerId& container, bool is_paused);

  void sicken(const ContainerId& container, Illness illness);
  void cure_all();
  /// Whether it has given cause for a restart since its start, or somebody else has.
  bool is_at_fault(const ContainerId& container) const { return at_fault_.contains(container); }
  void blame(const ContainerId& container) { at_fault_.insert(container); }

  /// What a check of the running container is answered. A timeout takes the time of the caller.
  ProbeOutcome answer(const ContainerId& container) const;
  ImageHealth health(const ContainerId& container) const;
  ContainerUsage usage(const ContainerId& container) const;

 private:
  struct Program {
    std::uint64_t run = 0;  ///< Of all programs, ever.
    ContainerSpec spec;
    MonoTime started_at{};
    bool paused = false;
    Illness illness = Illness::kNone;
    ImageHealth health = ImageHealth::kNone;
  };
  const Program* find(const ContainerId& container) const;
  bool is_service(const Program& program) const;
  /// Calls `act` in a while, if the same program still runs by then.
  void later(const ContainerId& container, Duration delay,
             void (SimPrograms::*act)(const ContainerId&, Program&));
  void say_ready(const ContainerId& container, Program& program);
  void beat(const ContainerId& container, Program& program);
  void check_health(const ContainerId& container, Program& program);
  void finish(const ContainerId& container, Program& program);

  SimHost& host_;
  const Hooks hooks_;
  std::uint64_t runs_ = 0;
  std::map<ContainerId, Program> running_;
  std::set<ContainerId> at_fault_;
};

std::string_view name_of(Illness illness);

}  // namespace hearth::sim
