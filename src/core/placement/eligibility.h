#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "model/ids.h"
#include "model/node.h"
#include "model/resources.h"

namespace hearth::core {

/// What decides whether a node may be given work.
struct NodeView {
  NodeState state = NodeState::kAwaited;
  bool cordoned = false;
  bool has_report = false;  ///< Its agent sent one: without it, what runs there is unknown.
  Epoch applied;            ///< Of the assignment that its agent follows.
  std::string problem;      ///< As its agent reports it.
  Load load;
};

/// Whether new work may be placed on a node and, if not, why. Nothing else decides this.
class Eligibility {
 public:
  enum class Reason : std::uint8_t {
    kEligible,
    kAwaited,
    kSuspect,
    kUnreachable,
    kAgentDown,
    kDead,
    kCordoned,
    kUnreported,
    kForeignEpoch,
    kProblem,
    kDiskFull,
    kOverloaded,
  };

  struct State {
    Reason reason = Reason::kAwaited;
    std::string problem;  ///< kProblem.
    Epoch applied;        ///< kForeignEpoch, like `ours`.
    Epoch ours;
    bool operator==(const State&) const = default;
  };

  /// Of a node of which nothing is known yet.
  Eligibility() = default;
  /// `epoch`: of this manager.
  Eligibility(const NodeView& view, Epoch epoch);
  explicit Eligibility(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  bool is_eligible() const { return state_.reason == Reason::kEligible; }
  /// True if it is ineligible only because a resource is short, which passes.
  bool is_strained() const {
    return state_.reason == Reason::kDiskFull || state_.reason == Reason::kOverloaded;
  }
  /// Why not, in words that follow "it is" and "2 nodes"; empty if it is eligible.
  std::string words() const;

  bool operator==(const Eligibility&) const = default;

 private:
  State state_;
};

/// At these shares (thousandths) of memory or disk used, or of time stalled on memory or I/O, a
/// node gets nothing new: more work would fail there, or make other work fail. A contended CPU only
/// slows everything down, so it worsens the score and excludes no node: where every survivor is
/// busy, a dead node's work must still run. A disk this full has no room for an image or a
/// container.
inline constexpr std::uint32_t kOverloadedMemory = 950;
inline constexpr std::uint32_t kOverloadedStall = 600;
inline constexpr std::uint32_t kOverloadedDisk = 990;

}  // namespace hearth::core
