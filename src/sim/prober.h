#pragma once

#include <functional>

#include "ports/prober.h"
#include "sim/engine.h"
#include "sim/loop.h"

namespace hearth::sim {

/// The Prober of one agent's process. The program in a container answers after a moment, refuses,
/// or leaves the check to its timeout; so does an address at which there is nothing. Commands need
/// an engine that answers.
class SimProber final : public Prober {
 public:
  SimProber(SimLoop& loop, const SimEngine& engine) : loop_(loop), engine_(engine) {}

  void run(ProbeRequest request, std::function<void(ProbeResult)> done) override;

 private:
  SimLoop& loop_;
  const SimEngine& engine_;
};

}  // namespace hearth::sim
