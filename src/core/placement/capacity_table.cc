#include "core/placement/capacity_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "model/assignment.h"

namespace hearth::core {
namespace {

constexpr std::uint32_t kFull = 1000;
constexpr std::uint32_t kSameWorkloadPenalty = 400;
constexpr std::uint32_t kImageBonus = 150;
constexpr std::uint32_t kLoadStep = 100;
/// What an instance without a reservation is assumed to use, in thousandths of a node.
constexpr std::uint32_t kNominalShare = 20;
/// Different obstacles that a refusal names; the others it counts.
constexpr std::size_t kObstaclesMax = 8;
/// Refusals cached at once; at the bound the cache starts over.
constexpr std::size_t kRefusedMax = 1024;

bool fits(std::uint64_t capacity, std::uint64_t reserved, std::uint64_t more) {
  return capacity == 0 || more == 0 || (reserved <= capacity && more <= capacity - reserved);
}

std::uint64_t less(std::uint64_t reserved, std::uint64_t given_back) {
  return reserved - std::min(reserved, given_back);
}

std::uint32_t share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(part * kFull / whole, kFull));
}

std::uint32_t stepped(std::optional<std::uint16_t> load) {
  return load.value_or(0) / kLoadStep * kLoadStep;
}

/// Whether an instance takes room where it is.
bool counts(const Instance* instance) {
  return instance != nullptr && instance->node && instance->desired_state != DesiredState::kStop;
}

template <class Index, class Key>
void drop(Index& index, const Key& key, const NodeName& node) {
  const auto found = index.find(key);
  found->second.erase(node);
  if (found->second.empty()) index.erase(found);
}

}  // namespace

PlacementRequest request_of(const Instance& instance) {
  return {.workload = instance.workload,
          .resources = instance.reservation.resources,
          .assignment_bytes = instance.reservation.assignment_bytes,
          .image = instance.image.reference};
}

void CapacityTable::add_node(const NodeName& node) {
  const bool is_new = rows_.try_emplace(node).second;
  HEARTH_CHECK(is_new);
  refused_.clear();
}

const CapacityTable::Rows::value_type& CapacityTable::row(const NodeName& node) const {
  const auto found = rows_.find(node);
  HEARTH_CHECK(found != rows_.end());
  return *found;
}

const Eligibility& CapacityTable::eligibility(const NodeName& node) const {
  return row(node).second.eligibility;
}

/// Changes the row, and its rank if that is affected.
template <class Change>
void CapacityTable::change(const NodeName& node, const Change& edit) {
  const auto found = rows_.find(node);
  HEARTH_CHECK(found != rows_.end());
  Row& row = found->second;
  const bool was_ranked = row.eligibility.is_eligible();
  const std::uint32_t fullness_before = fullness(row);
  const std::uint32_t instances_before = row.instances;
  edit(row);
  refused_.clear();
  const bool is_ranked = row.eligibility.is_eligible();
  const bool stays = was_ranked == is_ranked && fullness_before == fullness(row) &&
                     instances_before == row.instances;
  if (stays) return;
  if (was_ranked) ranks_.erase(Rank(fullness_before, instances_before, node));
  if (is_ranked) ranks_.insert(rank(*found));
}

bool CapacityTable::set_eligibility(const NodeName& node, Eligibility eligibility) {
  if (row(node).second.eligibility == eligibility) return false;
  change(node, [&](Row& row) { row.eligibility = std::move(eligibility); });
  return true;
}

void CapacityTable::set_capacity(const NodeName& node, const Resources& capacity) {
  if (row(node).second.capacity == capacity) return;
  change(node, [&](Row& row) { row.capacity = capacity; });
}

void CapacityTable::set_load(const NodeName& node, const Load& load) {
  if (row(node).second.load == load) return;
  change(node, [&](Row& row) { row.load = load; });
}

void CapacityTable::set_images(const NodeName& node, const std::vector<std::string>& images) {
  const std::set<std::string>& known = row(node).second.images;
  if (std::equal(images.begin(), images.end(), known.begin(), known.end())) return;
  for (const std::string& image : known) drop(with_image_, image, node);
  change(node, [&](Row& row) { row.images = {images.begin(), images.end()}; });
  for (const std::string& image : known) with_image_[image].insert(node);
}

void CapacityTable::follow(const Instance* before, const Instance* after,
                           const Holdings& holdings) {
  const bool stays = counts(before) && counts(after) && before->node == after->node;
  if (!stays) {  // The resources of an instance never change.
    if (counts(before)) release(before->placed_on(), request_of(*before));
    if (counts(after)) reserve(after->placed_on(), request_of(*after));
  }
  const bool held = before != nullptr && before->node;
  const bool holds = after != nullptr && after->node;
  if (holdings.empty() || held == holds) return;  // Nor does its node.
  if (holds) {
    change(after->placed_on(), [&](Row& row) { row.holders.emplace(after->id, holdings); });
  } else {
    change(before->placed_on(), [&](Row& row) { row.holders.erase(before->id); });
  }
}

void CapacityTable::reserve(const NodeName& node, const PlacementRequest& request) {
  change(node, [&](Row& row) {
    row.reserved.cpu_millis += request.resources.cpu_millis;
    row.reserved.memory_bytes += request.resources.memory_bytes;
    row.assignment_bytes += request.assignment_bytes;
    ++row.instances;
    if (++row.of_workload[request.workload] == 1) with_workload_[request.workload].insert(node);
  });
}

void CapacityTable::release(const NodeName& node, const PlacementRequest& request) {
  change(node, [&](Row& row) {
    row.reserved.cpu_millis -= request.resources.cpu_millis;
    row.reserved.memory_bytes -= request.resources.memory_bytes;
    row.assignment_bytes -= request.assignment_bytes;
    --row.instances;
    const auto same = row.of_workload.find(request.workload);
    HEARTH_CHECK(same != row.of_workload.end());
    if (--same->second > 0) return;
    row.of_workload.erase(same);
    drop(with_workload_, request.workload, node);
  });
}

void CapacityTable::add_build(const NodeName& node) {
  change(node, [](Row& row) { ++row.instances; });
}

void CapacityTable::remove_build(const NodeName& node) {
  change(node, [](Row& row) {
    HEARTH_CHECK(row.instances > 0);
    --row.instances;
  });
}

std::optional<NodeName> CapacityTable::find(const PlacementRequest& request) const {
  const Rows::value_type* found = best(request);
  return found == nullptr ? std::nullopt : std::optional(found->first);
}

Result<NodeName> CapacityTable::choose(const PlacementRequest& request) const {
  if (const Rows::value_type* found = best(request)) return found->first;
  Want want(
      request.resources, request.assignment_bytes, request.other_than, request.avoid,
      request.only_on, request.freed,
      request.beside_itself == Beside::kNever ? std::optional(request.workload) : std::nullopt,
      request.holdings);
  auto known = refused_.find(want);
  if (known == refused_.end()) {
    if (refused_.size() >= kRefusedMax) refused_.clear();
    known = refused_.emplace(std::move(want), why_none(request)).first;
  }
  return fail(ErrorCode::kExhausted, known->second);
}

const CapacityTable::Rows::value_type* CapacityTable::best(const PlacementRequest& request) const {
  const Rows::value_type* best = nullptr;
  const auto better = [&](const Rows::value_type& one) {
    if (best == nullptr) return true;
    const auto order = [&](const Rows::value_type& row) {
      return std::tuple<std::uint32_t, std::uint32_t, const NodeName&>(
          score(row, request), row.second.instances, row.first);
    };
    return order(one) < order(*best);
  };
  const auto consider = [&](const Rows::value_type& one) {
    if (!has_obstacle(one, request) && better(one)) best = &one;
  };
  if (request.only_on) {
    const auto only = rows_.find(*request.only_on);
    if (only != rows_.end()) consider(*only);
    return best;
  }
  const auto same = with_workload_.find(request.workload);
  const auto image = with_image_.find(request.image);
  if (same != with_workload_.end() && request.beside_itself != Beside::kNever) {
    for (const NodeName& node : same->second) consider(row(node));
  }
  if (image != with_image_.end()) {
    for (const NodeName& node : image->second) consider(row(node));
  }
  // All others differ only in how full they are: the first that can take it is the best of them.
  for (const auto& [fullness, instances, node] : ranks_) {
    const bool is_considered = (same != with_workload_.end() && same->second.contains(node)) ||
                               (image != with_image_.end() && image->second.contains(node));
    if (is_considered) continue;
    const Rows::value_type& one = row(node);
    if (has_obstacle(one, request)) continue;
    consider(one);
    break;
  }
  return best;
}

std::string CapacityTable::why_none(const PlacementRequest& request) const {
  if (rows_.empty()) return "no node is known; import nodes with 'hearth node import'";
  if (request.only_on && !rows_.contains(*request.only_on)) {
    return fmt::format("its only node '{}' is not known; import it with 'hearth node import'",
                       request.only_on->str());
  }
  std::map<std::string, std::uint32_t> obstacles;
  for (const Rows::value_type& one : rows_) ++obstacles[obstacle(one, request)];
  std::string words;
  const auto add = [&words](std::uint32_t count, std::string_view why) {
    words += fmt::format("{}{} node{} {}", words.empty() ? "no node can take it: " : ", ", count,
                         count == 1 ? "" : "s", why);
  };
  std::size_t named = 0;
  std::uint32_t others = 0;
  for (const auto& [why, count] : obstacles) {
    if (named++ < kObstaclesMax) {
      add(count, why);
    } else {
      others += count;
    }
  }
  if (others > 0) add(others, "for other reasons");
  return words;
}

/// How full the node is, in thousandths: the scarcest resource decides.
std::uint32_t CapacityTable::fullness(const Row& row) {
  const std::uint32_t reserved =
      std::max(share(row.reserved.cpu_millis, row.capacity.cpu_millis),
               share(row.reserved.memory_bytes, row.capacity.memory_bytes));
  const Load& load = row.load;
  const std::uint32_t used = std::max(
      {stepped(load.cpu), stepped(load.cpu_stall), stepped(load.memory), stepped(load.io_stall)});
  return std::max({reserved, used, std::min(row.instances * kNominalShare, kFull)});
}

CapacityTable::Rank CapacityTable::rank(const Rows::value_type& row) {
  return {fullness(row.second), row.second.instances, row.first};
}

/// Smaller is better.
std::uint32_t CapacityTable::score(const Rows::value_type& row, const PlacementRequest& request) {
  const auto found = row.second.of_workload.find(request.workload);
  std::uint32_t same = found == row.second.of_workload.end() ? 0 : found->second;
  if (same > 0 && request.successor_on == row.first) --same;
  const bool has_image = !request.image.empty() && row.second.images.contains(request.image);
  return fullness(row.second) + kSameWorkloadPenalty * same + (has_image ? 0 : kImageBonus);
}

bool CapacityTable::has_obstacle(const Rows::value_type& row, const PlacementRequest& request) {
  return !row.second.eligibility.is_eligible() || !obstacle(row, request).empty();
}

/// Why this node cannot take the work, in words that follow "1 node"; empty if it can.
std::string CapacityTable::obstacle(const Rows::value_type& entry,
                                    const PlacementRequest& request) {
  const auto& [name, row] = entry;
  if (request.other_than == name) return "it must leave";
  if (request.avoid.contains(name)) return "unable to start it";
  if (request.only_on && request.only_on != name) return "other than the one it is bound to";
  if (request.beside_itself == Beside::kNever && row.of_workload.contains(request.workload))
    return "where it already is";
  if (!row.eligibility.is_eligible()) return row.eligibility.words();
  const bool has_room =
      fits(row.capacity.cpu_millis, less(row.reserved.cpu_millis, request.freed.cpu_millis),
           request.resources.cpu_millis) &&
      fits(row.capacity.memory_bytes, less(row.reserved.memory_bytes, request.freed.memory_bytes),
           request.resources.memory_bytes);
  if (!has_room) return "without enough unreserved CPU or memory";
  if (row.instances >= kInstancesPerNodeMax) {
    return fmt::format("at the limit of {} instances", kInstancesPerNodeMax);
  }
  if (row.assignment_bytes + request.assignment_bytes > kAssignmentBytesPerNodeMax) {
    return fmt::format("without room for its specification (at most {} bytes per node)",
                       kAssignmentBytesPerNodeMax);
  }
  return holder(entry, request);
}

/// Who has what the work needs alone; empty: nobody.
std::string CapacityTable::holder(const Rows::value_type& entry, const PlacementRequest& request) {
  if (request.holdings.empty()) return {};
  const auto& [name, row] = entry;
  for (const auto& [id, holdings] : row.holders) {
    const std::string both = overlap(request.holdings, holdings);
    if (both.empty()) continue;
    return fmt::format("where {} of '{}' is held by '{}'", both, name.str(), id.str());
  }
  return {};
}

void CapacityTable::check_invariants() const {
  std::size_t ranked = 0;
  std::map<WorkloadName, std::set<NodeName>> with_workload;
  std::map<std::string, std::set<NodeName>> with_image;
  for (const Rows::value_type& row : rows_) {
    if (row.second.eligibility.is_eligible()) {
      ++ranked;
      HEARTH_CHECK(ranks_.contains(rank(row)));
    }
    for (const auto& [workload, count] : row.second.of_workload) {
      HEARTH_CHECK(count > 0);
      with_workload[workload].insert(row.first);
    }
    for (const std::string& image : row.second.images) with_image[image].insert(row.first);
  }
  HEARTH_CHECK(ranked == ranks_.size());
  HEARTH_CHECK(with_workload == with_workload_);
  HEARTH_CHECK(with_image == with_image_);
}

}  // namespace hearth::core
