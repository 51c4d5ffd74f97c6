#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "ports/power_driver.h"
#include "sim/loop.h"

namespace hearth::sim {

/// The power driver's troubles, in thousandths. `deaf`: of those that do not fail to act, how many
/// are not known to have: half of them say that they failed, the others answer late or never.
struct PowerFaults {
  std::uint32_t failure = 0;    ///< Nothing is switched, and the driver says so.
  std::uint32_t no_answer = 0;  ///< Nothing is switched, and the driver is silent.
  std::uint32_t deaf = 0;
};

/// The PowerDriver of one manager's process. What it was told it does, whether or not the manager
/// lives to learn of it.
class SimPower final : public PowerDriver {
 public:
  using Switch = std::function<void(const NodeName& node, PowerVerb verb)>;

  struct Hooks {
    Switch on_order;
    Switch on_switch;  ///< Switches.
    Task on_effect;
  };

  SimPower(SimLoop& loop, const PowerFaults& faults, Hooks hooks)
      : loop_(loop), faults_(faults), hooks_(std::move(hooks)) {}

  void switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) override;

 private:
  enum class Fate : std::uint8_t {
    kDone,
    kFails,
    kNothing,
    kDoneSaysItFailed,
    kDoneTellsLate,
    kDoneNeverTells,
  };
  Fate draw_fate() const;

  SimLoop& loop_;
  const PowerFaults& faults_;
  Hooks hooks_;
};

}  // namespace hearth::sim
