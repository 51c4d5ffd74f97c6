#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "ports/power_driver.h"
#include "sim/loop.h"

namespace hearth::sim {

/// Faults of the power driver, in thousandths. `deaf`: of the switches that are carried out, how
/// many are not reported as such: half of these are reported as failed, the others late or never.
struct PowerFaults {
  std::uint32_t failure = 0;    ///< Nothing is switched, and the driver reports that.
  std::uint32_t no_answer = 0;  ///< Nothing is switched, and the driver does not answer.
  std::uint32_t deaf = 0;
  std::uint32_t busy = 0;  ///< The driver has no room to begin, and reports that.
};

/// The PowerDriver of one manager's process. It carries out each request, whether or not the
/// manager lives to receive the answer.
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
    kNotBegun,
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
