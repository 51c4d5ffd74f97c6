#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "saved/state_bytes.h"
#include "sim/world.h"

namespace hearth::sim {

/// How often a step is followed by a swap, in thousandths.
inline constexpr std::uint32_t kSwapPermille = 20;

/// Checks after a step that the parts of a core (core::Manager, core::Agent) agree with each other,
/// and from time to time replaces the core with a copy made from the bytes of its saved state,
/// which must change nothing. The choice is drawn aside, so that the history is the same without.
///
/// `from_bytes` reads what saved::to_bytes() writes for this core.
template <class Core, class Settings, class FromBytes>
void check_and_swap(World& world, std::string_view who, const Settings& settings, Core& core,
                    const FromBytes& from_bytes) {
  if (!world.checks_cores()) return;
  core.check_invariants();
  if (!world.chance_aside(kSwapPermille)) return;
  const auto state = core.save();
  auto read = from_bytes(saved::to_bytes(state));
  if (!read) {
    return world.violate("state-reads-back", fmt::format("{}: {}", who, read.error().message));
  }
  // In place, so that references to the core refer to its copy.
  std::destroy_at(&core);
  std::construct_at(&core, settings, *std::move(read));
  if (core.save() == state) return;
  world.violate("state-reads-back", fmt::format("the core of {} is not what it was saved as", who));
}

}  // namespace hearth::sim
