#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/node.h"
#include "model/resources.h"
#include "model/workload.h"

namespace hearth::core {

/// A node as placement sees it. `reserved` and the counts grow as work is placed on it.
struct Candidate {
  bool usable = false;   ///< Live, not cordoned, its engine answers.
  std::string unusable;  ///< Why not, in words.
  Resources capacity;    ///< Zero: not told, so not a limit.
  Resources reserved;
  std::uint32_t instances = 0;
  std::size_t environment_bytes = 0;
  Load load;
  std::map<WorkloadName, std::uint32_t> of_workload;  ///< Instances by workload.
  std::set<std::string> images;                       ///< References present in its engine.
};
using Candidates = std::map<NodeName, Candidate>;

/// Whether an instance may go where others of its workload are.
enum class Beside : std::uint8_t { kIfNeeded, kNever };

/// What is to be placed.
struct PlacementRequest {
  WorkloadName workload;
  Resources resources;
  std::size_t environment_bytes = 0;     ///< Of its container (model/assignment.h has the bound).
  std::string image;                     ///< Reference; empty if it does not matter.
  std::optional<NodeName> other_than{};  ///< The node it must not go to.
  /// Where the instance of the same workload runs that leaves once this one runs: it counts as
  /// there for room, not for spreading.
  std::optional<NodeName> successor_on{};
  /// The one node it may go to: that of its predecessor, to which it is bound.
  std::optional<NodeName> only_on{};
  Resources freed{};  ///< What its predecessor gives back on `only_on` once this one runs.
  Beside beside_itself = Beside::kIfNeeded;
};

/// Chooses a node and reserves the room there, so that work which is placed one after the other
/// spreads and a dead node's work does not herd onto one survivor.
///
/// First a filter (usable, room by reservation and in its assignment, not overloaded), then a
/// score: the tighter of what is reserved and what is really used, with a penalty for each instance
/// of the same workload and a bonus where the image already is. Measured load counts in steps of a
/// tenth, so that noise does not decide. Ties go to the node with fewer instances, then by name:
/// the same input gives the same answer.
///
/// If no node will do, the error says in words what stands in the way and what would help.
Result<NodeName> place(Candidates& candidates, const PlacementRequest& request);

/// The same, and reserves nothing.
Result<NodeName> choose(const Candidates& candidates, const PlacementRequest& request);

/// Adds an instance that already has its node to that node's reservation.
void reserve(Candidate& candidate, const PlacementRequest& request);

/// Takes back what reserve() added.
void release(Candidate& candidate, const PlacementRequest& request);

/// Above this share (thousandths) of memory used, or of time in which something waited for memory
/// or for a disk, a node gets nothing new: more work there fails or makes other work fail. A
/// processor that is wanted by many only makes all slower, so it worsens the score and excludes
/// nobody: where every survivor is busy, a dead node's work must still run. A disk so full takes no
/// image and no container.
inline constexpr std::uint32_t kOverloadedMemory = 950;
inline constexpr std::uint32_t kOverloadedStall = 600;
inline constexpr std::uint32_t kOverloadedDisk = 990;

/// Why a node with this load gets nothing new, in words; empty if it does.
std::string strain_of(const Load& load);

}  // namespace hearth::core
