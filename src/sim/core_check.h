#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/world.h"

namespace hearth::sim {

/// How often a step is followed by a swap, in thousandths.
inline constexpr std::uint32_t kSwapPermille = 20;

/// Checks after a step that the parts of a core (core::Manager, core::Agent) agree with each other,
/// and from time to time replaces the core with a copy made from its saved state, which must change
/// nothing. The choice is drawn aside, so that the history is the same without.
template <class Core, class Settings>
void check_and_swap(World& world, std::string_view who, const Settings& settings, Core& core) {
  if (!world.checks_cores()) return;
  core.check_invariants();
  if (!world.chance_aside(kSwapPermille)) return;
  auto state = core.save();
  // In place, so that references to the core refer to its copy.
  std::destroy_at(&core);
  std::construct_at(&core, settings, state);
  if constexpr (std::equality_comparable<decltype(state)>) {
    if (core.save() == state) return;
    world.violate("state-reads-back",
                  fmt::format("the core of {} is not what it was saved as", who));
  }
}

}  // namespace hearth::sim
