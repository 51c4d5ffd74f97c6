#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/client/api_views.h"

namespace hearth::cli {

/// Some things of one kind that are in the same state for the same reason.
struct Need {
  /// What is seen first: what hurts most, and services before applications.
  enum class Rank : std::uint8_t {
    kNodeDown,
    kServiceDown,
    kServiceReduced,
    kNodeInDoubt,
    kApplicationDown,
    kApplicationReduced,
    kChanging,
  };

  Rank rank{};
  std::string kind;  ///< "node", "service", "application", "oneshot".
  std::string state;
  std::string why;
  bool are_adopted = false;  ///< Their containers were.
  std::vector<std::string> names;
};

/// How many things of a kind are in which state.
using StateCounts = std::map<std::string, std::size_t>;

/// What an overview of a cluster shows of its nodes and workloads.
struct ClusterNeeds {
  std::vector<Need> needs;  ///< By rank, then by name.
  StateCounts nodes;
  std::map<std::string, StateCounts> workloads;  ///< By kind; "well" are those without a need.
  std::map<std::string, std::size_t> adopted;    ///< By kind: how many of them.
  std::uint64_t ready = 0;                       ///< Instances.
  std::uint64_t wanted = 0;
};

/// `instances` may lack those of workloads that are well: they only give reasons.
ClusterNeeds needs_of(const std::vector<NodeView>& nodes,
                      const std::vector<WorkloadView>& workloads,
                      const std::vector<InstanceView>& instances);

/// Whether some of its instances that should be ready are not, so that they give reasons.
bool lacks_ready(const WorkloadView& workload);

}  // namespace hearth::cli
