#include "core/placement/placement.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "model/assignment.h"

namespace hearth::core {
namespace {

constexpr std::uint32_t kFull = 1000;
constexpr std::uint32_t kSameWorkloadPenalty = 400;
constexpr std::uint32_t kImageBonus = 150;
constexpr std::uint32_t kLoadStep = 100;
/// What an instance without a reservation is taken to use, in thousandths of a node.
constexpr std::uint32_t kNominalShare = 20;

bool has_room(const Candidate& candidate, const Resources& wanted, const Resources& freed) {
  const auto fits = [](std::uint64_t capacity, std::uint64_t reserved, std::uint64_t more) {
    return capacity == 0 || more == 0 || (reserved <= capacity && more <= capacity - reserved);
  };
  const auto less = [](std::uint64_t reserved, std::uint64_t given_back) {
    return reserved - std::min(reserved, given_back);
  };
  return fits(candidate.capacity.cpu_millis, less(candidate.reserved.cpu_millis, freed.cpu_millis),
              wanted.cpu_millis) &&
         fits(candidate.capacity.memory_bytes,
              less(candidate.reserved.memory_bytes, freed.memory_bytes), wanted.memory_bytes);
}

std::uint32_t share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(part * kFull / whole, kFull));
}

std::uint32_t stepped(std::optional<std::uint16_t> load) {
  return load.value_or(0) / kLoadStep * kLoadStep;
}

/// How full the node is, in thousandths: the tightest of everything that could run short.
std::uint32_t fullness(const Candidate& candidate) {
  const std::uint32_t reserved =
      std::max(share(candidate.reserved.cpu_millis, candidate.capacity.cpu_millis),
               share(candidate.reserved.memory_bytes, candidate.capacity.memory_bytes));
  const Load& load = candidate.load;
  const std::uint32_t used = std::max(
      {stepped(load.cpu), stepped(load.cpu_stall), stepped(load.memory), stepped(load.io_stall)});
  return std::max({reserved, used, std::min(candidate.instances * kNominalShare, kFull)});
}

std::uint32_t of_same_workload(const Candidate& candidate, const WorkloadName& workload) {
  const auto found = candidate.of_workload.find(workload);
  return found == candidate.of_workload.end() ? 0 : found->second;
}

/// Smaller is better.
std::uint32_t score(const NodeName& name, const Candidate& candidate,
                    const PlacementRequest& request) {
  std::uint32_t same = of_same_workload(candidate, request.workload);
  if (same > 0 && request.successor_on == name) --same;
  const std::uint32_t cost = fullness(candidate) + kSameWorkloadPenalty * same;
  const bool has_image = !request.image.empty() && candidate.images.contains(request.image);
  return cost + (has_image ? 0 : kImageBonus);
}

/// Why this node cannot take it; empty if it can.
std::string obstacle(const NodeName& name, const Candidate& candidate,
                     const PlacementRequest& request) {
  if (request.other_than == name) return "it must leave";
  if (request.only_on && request.only_on != name) return "other than the one it is bound to";
  if (request.beside_itself == Beside::kNever && of_same_workload(candidate, request.workload) > 0)
    return "where it is already";
  if (!candidate.usable) return candidate.unusable;
  if (std::string strain = strain_of(candidate.load); !strain.empty()) return strain;
  if (!has_room(candidate, request.resources, request.freed))
    return "without room left by reservation";
  if (candidate.instances >= kInstancesPerNodeMax) {
    return fmt::format("with {} instances, the most that one may have", kInstancesPerNodeMax);
  }
  if (candidate.environment_bytes + request.environment_bytes > kEnvironmentBytesPerNodeMax) {
    return fmt::format("without room for more environment than {} bytes",
                       kEnvironmentBytesPerNodeMax);
  }
  return {};
}

}  // namespace

std::string strain_of(const Load& load) {
  if (load.disk.value_or(0) >= kOverloadedDisk) return "out of disk space";
  const bool overloaded = load.memory.value_or(0) >= kOverloadedMemory ||
                          load.memory_stall.value_or(0) >= kOverloadedStall ||
                          load.io_stall.value_or(0) >= kOverloadedStall;
  return overloaded ? "overloaded" : "";
}

Result<NodeName> place(Candidates& candidates, const PlacementRequest& request) {
  Result<NodeName> node = choose(candidates, request);
  if (node) reserve(candidates.at(*node), request);
  return node;
}

Result<NodeName> choose(const Candidates& candidates, const PlacementRequest& request) {
  const Candidates::value_type* best = nullptr;
  std::map<std::string, std::uint32_t> obstacles;
  const auto rank = [&](const Candidates::value_type& entry) {
    return std::tuple(score(entry.first, entry.second, request), entry.second.instances,
                      entry.first);
  };
  for (const Candidates::value_type& entry : candidates) {
    if (std::string why = obstacle(entry.first, entry.second, request); !why.empty()) {
      ++obstacles[why];
      continue;
    }
    if (best == nullptr || rank(entry) < rank(*best)) best = &entry;
  }
  if (best != nullptr) return best->first;
  std::string words =
      candidates.empty() ? "no node is known; import some with 'hearth node import'" : "";
  for (const auto& [why, count] : obstacles) {
    words += fmt::format("{}{} node{} {}", words.empty() ? "no node can take it: " : ", ", count,
                         count == 1 ? "" : "s", why);
  }
  return fail(ErrorCode::kExhausted, words);
}

void reserve(Candidate& candidate, const PlacementRequest& request) {
  candidate.reserved.cpu_millis += request.resources.cpu_millis;
  candidate.reserved.memory_bytes += request.resources.memory_bytes;
  candidate.environment_bytes += request.environment_bytes;
  ++candidate.instances;
  ++candidate.of_workload[request.workload];
}

void release(Candidate& candidate, const PlacementRequest& request) {
  candidate.reserved.cpu_millis -= request.resources.cpu_millis;
  candidate.reserved.memory_bytes -= request.resources.memory_bytes;
  candidate.environment_bytes -= request.environment_bytes;
  --candidate.instances;
  --candidate.of_workload[request.workload];
}

}  // namespace hearth::core
