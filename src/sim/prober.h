#pragma once

#include <functional>
#include <utility>

#include "ports/prober.h"
#include "sim/loop.h"

namespace hearth::sim {

/// The Prober of one agent's process: every container answers as it should, after a moment.
class SimProber final : public Prober {
 public:
  explicit SimProber(SimLoop& loop) : loop_(loop) {}

  void run(ProbeRequest request, std::function<void(ProbeResult)> done) override;

 private:
  SimLoop& loop_;
};

}  // namespace hearth::sim
