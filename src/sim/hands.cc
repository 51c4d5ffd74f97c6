#include "sim/hands.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Hand : std::uint8_t {
  kPause,
  kStop,
  kRestart,
  kStopAndStart,
  kRemove,
  kRename,
  kCommit
};
constexpr std::uint64_t kHands = 7;

}  // namespace

void meddle(World& world, SimEngine& engine, const ContainerId& container) {
  const auto hand = static_cast<Hand>(world.prng().below(kHands));
  const Duration soon = world.between(milliseconds(1), seconds(1));
  switch (hand) {
    case Hand::kPause:
      engine.pause(container);
      return world.after(world.between(seconds(1), kMeddlingMax),
                         [&engine, container] { engine.unpause(container); });
    case Hand::kStop: return engine.stop_by_hand(container);
    case Hand::kRestart: return engine.restart_by_hand(container, soon);
    case Hand::kStopAndStart:
      engine.stop_by_hand(container);
      return world.after(soon, [&engine, container] { engine.start_by_hand(container); });
    case Hand::kRemove:
      // Nothing else would bring an adopted one back.
      if (engine.hand_made(container) != nullptr) return engine.replace_by_hand(container, soon);
      return engine.remove_by_hand(container);
    case Hand::kRename: return engine.rename(container);
    case Hand::kCommit: return engine.run_commit_by_hand(container);
  }
}

}  // namespace hearth::sim
