#pragma once

#include "base/name.h"

namespace hearth {

using NodeName = Name<struct NodeTag>;
using WorkloadName = Name<struct WorkloadTag>;

/// "<workload>-<n>", with n counting up within the workload: an id is never used twice, so an
/// instance that outlived its replacement is never confused with it.
using InstanceId = Id<struct InstanceTag>;
/// The runtime's id of a container: 64 hex digits. Empty: there is none.
using ContainerId = Id<struct ContainerTag>;
/// Matches an answer of the manager to the caller waiting for it.
using RequestId = Counter<struct RequestTag>;
/// An agent's own number for an operation it asked its runtime for.
using OperationId = Counter<struct OperationTag>;

/// The fencing token: which leader decided this. Raised by every takeover and every start.
using Epoch = Counter<struct EpochTag>;
/// Counts the assignments sent to one node within an epoch.
using Revision = Counter<struct RevisionTag>;
/// Counts the specifications of one workload: each deploy makes a new one.
using Generation = Counter<struct GenerationTag>;

/// Orders the assignments of one node: the higher epoch wins, then the higher revision.
struct AssignmentNumber {
  Epoch epoch;
  Revision revision;
  auto operator<=>(const AssignmentNumber&) const = default;
};

/// Which run of an agent a message belongs to.
struct Incarnation {
  std::string boot_id;  ///< The kernel's boot id; empty if unknown (a sender without an agent).
  std::uint64_t start_count = 0;  ///< Kept on the node's disk; every start of the agent raises it.
  auto operator<=>(const Incarnation&) const = default;
  bool known() const { return !boot_id.empty(); }
};

/// Where a process listens.
struct Endpoint {
  std::string address;  ///< An IP address or a host name, without brackets.
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace hearth
