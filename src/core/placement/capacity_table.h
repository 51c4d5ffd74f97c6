#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "core/holdings/holdings.h"
#include "core/placement/eligibility.h"
#include "model/instance.h"
#include "model/node.h"
#include "model/resources.h"
#include "model/workload.h"

namespace hearth::core {

/// Whether an instance may go to a node that already has one of its workload.
enum class Beside : std::uint8_t { kIfNeeded, kNever };

/// What to place, and where it may go.
struct PlacementRequest {
  WorkloadName workload;
  Resources resources;
  std::size_t assignment_bytes = 0;      ///< Of its container (bound: model/assignment.h).
  std::string image;                     ///< Reference; empty if it does not matter.
  std::optional<NodeName> other_than{};  ///< The node it must not go to.
  std::set<NodeName> avoid{};            ///< Nodes that could not start it.
  /// The node of the instance that leaves once this one runs: that instance counts for room, not
  /// for spreading.
  std::optional<NodeName> successor_on{};
  /// The only node it may go to: the one that its workload names, or that its predecessor is bound
  /// to.
  std::optional<NodeName> only_on{};
  Resources freed{};  ///< What its predecessor releases on `only_on` once this one runs.
  Beside beside_itself = Beside::kIfNeeded;
  Holdings holdings{};  ///< What no other instance may have on its node.
};

/// The request for placing `instance` on any node.
PlacementRequest request_of(const Instance& instance);

/// The capacity of every node, what of it is reserved, and how busy the node is, kept up to date.
/// Chooses nodes for work.
///
/// First a filter (eligible, enough unreserved resources, room in its assignment, its devices and
/// ports free), then a score:
/// the tighter of reserved and measured use, with a penalty for each instance of the same workload
/// and a bonus where the image already is. Measured load counts in steps of a tenth, so that noise
/// does not decide. Ties go to the node with fewer instances, then by name: the same table gives
/// the same answer.
///
/// A choice examines the nodes that have the image or the workload and, of all others, only the
/// least full one that can take the work, so its cost does not grow with the fleet. Only a refusal
/// examines all nodes; it is cached until something changes.
///
/// Everything here follows from nodes and instances, so there is no state to save: it is rebuilt
/// when a saved core is loaded. Sans-io, not thread-safe.
class CapacityTable {
 public:
  /// Adds a node of which nothing is known yet.
  void add_node(const NodeName& node);
  /// Returns true if the node became eligible or ineligible, or is ineligible for another reason.
  bool set_eligibility(const NodeName& node, Eligibility eligibility);
  void set_capacity(const NodeName& node, const Resources& capacity);
  void set_load(const NodeName& node, const Load& load);
  /// `images`: references of the images that its runtime has.
  void set_images(const NodeName& node, const std::vector<std::string>& images);

  /// Applies a change of one instance; nullptr: it did not exist before, or does not exist after.
  /// It takes room until it is to be stopped, but has `holdings`, those of its release, until it is
  /// gone.
  void follow(const Instance* before, const Instance* after, const Holdings& holdings = {});
  /// A build counts as work of its node, without a reservation.
  void add_build(const NodeName& node);
  void remove_build(const NodeName& node);

  /// The best node for `request`. Reserves nothing. If no node can take it, the error says in
  /// words why not and what would help.
  Result<NodeName> choose(const PlacementRequest& request) const;
  /// Like choose(), for callers that do not need the reason: finding it examines every node.
  std::optional<NodeName> find(const PlacementRequest& request) const;
  const Eligibility& eligibility(const NodeName& node) const;

  /// Whether both have the same nodes with the same numbers.
  bool operator==(const CapacityTable& other) const { return rows_ == other.rows_; }
  void check_invariants() const;

 private:
  struct Row {
    Eligibility eligibility;
    Resources capacity;  ///< Zero: not reported, so not a limit.
    Resources reserved;
    std::uint32_t instances = 0;  ///< Including builds.
    std::size_t assignment_bytes = 0;
    Load load;
    std::map<WorkloadName, std::uint32_t> of_workload;
    std::set<std::string> images;
    std::map<InstanceId, Holdings> holders;  ///< Instances that have something no other may have.
    bool operator==(const Row&) const = default;
  };
  using Rows = std::map<NodeName, Row>;
  /// Smaller is better; the name breaks ties.
  using Rank = std::tuple<std::uint32_t, std::uint32_t, NodeName>;
  /// What a refusal depends on, besides the table.
  using Want =
      std::tuple<Resources, std::size_t, std::optional<NodeName>, std::set<NodeName>,
                 std::optional<NodeName>, Resources, std::optional<WorkloadName>, Holdings>;

  static std::uint32_t fullness(const Row& row);
  static Rank rank(const Rows::value_type& row);
  static std::uint32_t score(const Rows::value_type& row, const PlacementRequest& request);
  static std::string obstacle(const Rows::value_type& entry, const PlacementRequest& request);
  static std::string holder(const Rows::value_type& entry, const PlacementRequest& request);
  static bool has_obstacle(const Rows::value_type& row, const PlacementRequest& request);
  const Rows::value_type& row(const NodeName& node) const;
  const Rows::value_type* best(const PlacementRequest& request) const;
  std::string why_none(const PlacementRequest& request) const;
  template <class Change>
  void change(const NodeName& node, const Change& edit);
  void reserve(const NodeName& node, const PlacementRequest& request);
  void release(const NodeName& node, const PlacementRequest& request);

  Rows rows_;
  std::set<Rank> ranks_;  ///< Of the eligible nodes.
  std::map<WorkloadName, std::set<NodeName>> with_workload_;
  std::map<std::string, std::set<NodeName>> with_image_;
  mutable std::map<Want, std::string> refused_;  ///< Since the last change.
};

}  // namespace hearth::core
