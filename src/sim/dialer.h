#pragma once

#include <functional>
#include <utility>

#include "ports/dialer.h"
#include "sim/loop.h"

namespace hearth::sim {

/// The Dialer of one manager's process. Whether there is an answer is decided when the dial
/// arrives.
class SimDialer final : public Dialer {
 public:
  using Answer = std::function<DialOutcome(const NodeName& node, const Endpoint& agent)>;

  SimDialer(SimLoop& loop, Answer answer, Task effect)
      : loop_(loop), answer_(std::move(answer)), effect_(std::move(effect)) {}

  void dial(const NodeName& node, const Endpoint& agent, Duration timeout,
            std::function<void(DialOutcome)> done) override;

 private:
  SimLoop& loop_;
  Answer answer_;
  Task effect_;
};

}  // namespace hearth::sim
