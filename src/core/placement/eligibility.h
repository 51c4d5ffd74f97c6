#pragma once

#include <cstdint>
#include <string>

#include "model/ids.h"
#include "model/node.h"
#include "model/resources.h"

namespace hearth::core {

/// A node, as far as it matters whether it may be given work.
struct NodeView {
  NodeState state = NodeState::kAwaited;
  bool cordoned = false;
  bool has_report = false;  ///< Of an agent: without one nobody knows what runs there.
  Epoch applied;            ///< Of the assignment that it follows.
  std::string problem;      ///< That its agent tells of.
  Load load;
};

/// Whether new work may be placed on a node and, if not, why. This is the one place where that is
/// decided.
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

  /// Of a node of which nothing is known yet.
  Eligibility() = default;
  /// `epoch`: of the manager that asks.
  Eligibility(const NodeView& view, Epoch epoch);

  bool is_eligible() const { return reason_ == Reason::kEligible; }
  /// Ineligible for want of what work uses, which passes, and for nothing else.
  bool is_strained() const {
    return reason_ == Reason::kDiskFull || reason_ == Reason::kOverloaded;
  }
  /// Why not, in words that follow "it is" and "2 nodes"; empty if it is eligible.
  std::string words() const;

  bool operator==(const Eligibility&) const = default;

 private:
  Reason reason_ = Reason::kAwaited;
  std::string problem_;  ///< kProblem.
  Epoch applied_;        ///< kForeignEpoch, as is the next one.
  Epoch ours_;
};

/// Above this share (thousandths) of memory used, or of time in which something waited for memory
/// or for a disk, a node gets nothing new: more work there fails or makes other work fail. A
/// processor that is wanted by many only makes all slower, so it worsens the score and excludes
/// nobody: where every survivor is busy, a dead node's work must still run. A disk so full takes no
/// image and no container.
inline constexpr std::uint32_t kOverloadedMemory = 950;
inline constexpr std::uint32_t kOverloadedStall = 600;
inline constexpr std::uint32_t kOverloadedDisk = 990;

}  // namespace hearth::core
