#include "model/history.h"

#include <array>

#include "base/check.h"
#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array kConditions{
    EnumName<Condition>{Condition::kBlind, "blind"},
    EnumName<Condition>{Condition::kSeeing, "seeing"},
    EnumName<Condition>{Condition::kAvailable, "available"},
    EnumName<Condition>{Condition::kReduced, "reduced"},
    EnumName<Condition>{Condition::kUnavailable, "unavailable"},
    EnumName<Condition>{Condition::kUnwanted, "unwanted"},
    EnumName<Condition>{Condition::kPending, "pending"},
    EnumName<Condition>{Condition::kAssigned, "assigned"},
    EnumName<Condition>{Condition::kFetching, "fetching"},
    EnumName<Condition>{Condition::kStaged, "staged"},
    EnumName<Condition>{Condition::kStarting, "starting"},
    EnumName<Condition>{Condition::kRunning, "running"},
    EnumName<Condition>{Condition::kReady, "ready"},
    EnumName<Condition>{Condition::kDegraded, "degraded"},
    EnumName<Condition>{Condition::kPaused, "paused"},
    EnumName<Condition>{Condition::kBackingOff, "backing_off"},
    EnumName<Condition>{Condition::kCrashLoop, "crash_loop"},
    EnumName<Condition>{Condition::kCompleted, "completed"},
    EnumName<Condition>{Condition::kFailed, "failed"},
    EnumName<Condition>{Condition::kStopping, "stopping"},
    EnumName<Condition>{Condition::kUnknown, "unknown"},
    EnumName<Condition>{Condition::kGone, "gone"},
};

Condition condition_of(Health health) {
  switch (health) {
    case Health::kUnknown: return Condition::kRunning;
    case Health::kStarting: return Condition::kStarting;
    case Health::kReady: return Condition::kReady;
    case Health::kDegraded: return Condition::kDegraded;
  }
  HEARTH_CHECK(false);
}

}  // namespace

Condition condition_of(const InstanceStatus& status) {
  switch (status.state) {
    case InstanceState::kPending: return Condition::kPending;
    case InstanceState::kAssigned: return Condition::kAssigned;
    case InstanceState::kFetching: return Condition::kFetching;
    case InstanceState::kStarting: return Condition::kStarting;
    case InstanceState::kStaged: return Condition::kStaged;
    case InstanceState::kRunning: return condition_of(status.health);
    case InstanceState::kPaused: return Condition::kPaused;
    case InstanceState::kBackoff: return Condition::kBackingOff;
    case InstanceState::kCrashLoop: return Condition::kCrashLoop;
    case InstanceState::kCompleted: return Condition::kCompleted;
    case InstanceState::kFailed: return Condition::kFailed;
    case InstanceState::kStopping: return Condition::kStopping;
    case InstanceState::kLost: return Condition::kUnknown;
  }
  HEARTH_CHECK(false);
}

std::string_view name_of(Condition condition) {
  return word_of(kConditions, condition);
}

Result<Condition> parse_condition(std::string_view text) {
  return value_of(kConditions, text);
}

}  // namespace hearth
