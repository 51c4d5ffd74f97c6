#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "core/placement/eligibility.h"
#include "model/instance.h"
#include "model/node.h"
#include "model/resources.h"
#include "model/workload.h"

namespace hearth::core {

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

/// What placing `instance` asks for, wherever it may go.
PlacementRequest request_of(const Instance& instance);

/// What every node has, what of it is promised, and how busy it is; kept as that changes. Chooses
/// nodes for work.
///
/// First a filter (eligible, room by reservation and in its assignment), then a score: the tighter
/// of what is reserved and what is really used, with a penalty for each instance of the same
/// workload and a bonus where the image already is. Measured load counts in steps of a tenth, so
/// that noise does not decide. Ties go to the node with fewer instances, then by name: the same
/// table gives the same answer.
///
/// A choice looks at the nodes that have the image or the workload, and of all others at the least
/// full that will do: what it costs does not grow with the fleet. Only the answer that no node will
/// do looks at all of them; it is remembered until something changes.
///
/// All of it follows from nodes and instances, so it has no state of its own to be saved: who reads
/// a saved core makes it anew. Sans-io, not thread-safe.
class CapacityTable {
 public:
  /// A node that takes part from now on, of which nothing is known yet.
  void add_node(const NodeName& node);
  /// True: it became eligible, or ceased to be, or is ineligible for another reason.
  bool set_eligibility(const NodeName& node, Eligibility eligibility);
  void set_capacity(const NodeName& node, const Resources& capacity);
  void set_load(const NodeName& node, const Load& load);
  /// `images`: references that its runtime has.
  void set_images(const NodeName& node, const std::vector<std::string>& images);

  /// Follows one instance from how it was to how it is; nullptr: it was not, or is not any more.
  void follow(const Instance* before, const Instance* after);
  /// A build counts as work of its node, without a reservation.
  void add_build(const NodeName& node);
  void remove_build(const NodeName& node);

  /// The node that `request` is best placed on. Reserves nothing. If no node will do, the error
  /// says in words what stands in the way and what would help.
  Result<NodeName> choose(const PlacementRequest& request) const;
  /// The same for whoever does not ask why not: that would look at all of them.
  std::optional<NodeName> find(const PlacementRequest& request) const;
  const Eligibility& eligibility(const NodeName& node) const;

  /// The same nodes with the same numbers.
  bool operator==(const CapacityTable& other) const { return rows_ == other.rows_; }
  void check_invariants() const;

 private:
  struct Row {
    Eligibility eligibility;
    Resources capacity;  ///< Zero: not told, so not a limit.
    Resources reserved;
    std::uint32_t instances = 0;  ///< And builds.
    std::size_t environment_bytes = 0;
    Load load;
    std::map<WorkloadName, std::uint32_t> of_workload;
    std::set<std::string> images;
    bool operator==(const Row&) const = default;
  };
  using Rows = std::map<NodeName, Row>;
  /// Smaller is better; the name decides in the end.
  using Rank = std::tuple<std::uint32_t, std::uint32_t, NodeName>;
  /// What an answer that no node will do depends on, besides the table.
  using Want = std::tuple<Resources, std::size_t, std::optional<NodeName>, std::optional<NodeName>,
                          Resources, std::optional<WorkloadName>>;

  static std::uint32_t fullness(const Row& row);
  static Rank rank(const Rows::value_type& row);
  static std::uint32_t score(const Rows::value_type& row, const PlacementRequest& request);
  static std::string obstacle(const Rows::value_type& entry, const PlacementRequest& request);
  static bool has_obstacle(const Rows::value_type& row, const PlacementRequest& request);
  const Rows::value_type& row(const NodeName& node) const;
  const Rows::value_type* best(const PlacementRequest& request) const;
  std::string why_none(const PlacementRequest& request) const;
  template <class Change>
  void change(const NodeName& node, const Change& edit);
  void reserve(const NodeName& node, const PlacementRequest& request);
  void release(const NodeName& node, const PlacementRequest& request);

  Rows rows_;
  std::set<Rank> ranks_;  ///< Of the eligible ones.
  std::map<WorkloadName, std::set<NodeName>> with_workload_;
  std::map<std::string, std::set<NodeName>> with_image_;
  mutable std::map<Want, std::string> refused_;  ///< Since the last change.
};

}  // namespace hearth::core
