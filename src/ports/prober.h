#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "base/time.h"
#include "model/ids.h"
#include "model/instance_spec.h"
#include "model/probe_result.h"

namespace hearth {

/// One check of one container.
struct ProbeRequest {
  ContainerId container;
  NetworkMode network = NetworkMode::kBridge;
  /// On the bridge: the container's IP address; empty: it has none yet. Not used on the node's own
  /// network, where its ports are those of 127.0.0.1.
  std::string address;
  ProbeCheck check;
  Duration timeout{};  ///< > 0; from its turn to its end.
};

/// Checks containers of this node. All calls and callbacks on the owner's loop.
///
/// It takes at most kChecksMax checks at once, so that neither descriptors nor the runtime are
/// used up by containers that do not answer. More wait in line, and one that does not get its turn
/// within kTurnWaitMax, or finds kWaitingMax before it, ends as kNotRun: what this node cannot do
/// says nothing about the container.
class Prober {
 public:
  static constexpr std::size_t kChecksMax = 64;
  static constexpr std::size_t kWaitingMax = 1024;
  static constexpr Duration kTurnWaitMax = std::chrono::seconds(2);
  /// How long after its timeout a command in a container is still awaited: only the runtime knows
  /// how it ended.
  static constexpr Duration kCommandGrace = std::chrono::seconds(1);

  virtual ~Prober() = default;
  /// `done` is called exactly once, never from within this call, and little more than kTurnWaitMax,
  /// the timeout and (of a command) kCommandGrace later at the latest. It is dropped if the prober
  /// is destroyed first.
  virtual void run(ProbeRequest request, std::function<void(ProbeResult)> done) = 0;
};

}  // namespace hearth
