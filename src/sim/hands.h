#pragma once

#include "sim/engine.h"

namespace hearth::sim {

/// Somebody at the machine does something to the container with Docker's command line, as the
/// seed draws: pauses it for a while, stops it, restarts it, stops it and starts it again, removes
/// it, or renames it. All of it is over after kMeddlingMax.
void meddle(World& world, SimEngine& engine, const ContainerId& container);
inline constexpr Duration kMeddlingMax = std::chrono::seconds(20);

}  // namespace hearth::sim
