#include "core/image_supply/image_supply.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/backoff.h"
#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<ImageSupply>);

/// Whether another try could succeed.
bool may_pass(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kExhausted: return true;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kUnauthorized:
    case ErrorCode::kFailed:
    case ErrorCode::kCorrupt: return false;
  }
  return false;
}

ImageSupply::BuildKey key_of(const BuildOrder& order) {
  return {.workload = order.workload, .generation = order.generation};
}

std::map<std::string, Image> images_to_fetch(const Assignment& assignment) {
  std::map<std::string, Image> wanted;
  const auto want = [&](const Image& image) {
    if (image.archive) wanted.emplace(image.reference, image);
  };
  for (const AssignedInstance& instance : assignment.instances) want(instance.image);
  for (const Image& image : assignment.images) want(image);
  return wanted;
}

}  // namespace

void Attempt::put_off(const Error& why, Duration wait_max, MonoTime now, Prng& prng) {
  operation.reset();
  error = why.message;
  next_try = now + Backoff(ImageSupply::kRetryMin, wait_max).after(++failures, prng);
}

ImageSupply::ImageSupply(std::uint64_t start_count, std::uint64_t seed)
    : start_count_(start_count), state_{.prng = Prng(seed).save()} {}

ImageSupply::ImageSupply(std::uint64_t start_count, State state)
    : start_count_(start_count), state_(std::move(state)) {}

std::vector<ImageAction> ImageSupply::on_assignment(const Assignment& assignment) {
  state_.wanted = images_to_fetch(assignment);
  state_.orders = assignment.builds;
  std::erase_if(state_.results, [&](const auto& entry) { return !is_ordered(entry.first); });
  std::erase_if(state_.builds, [&](const auto& entry) {
    return !is_ordered(entry.first) && !entry.second.attempt.operation;
  });
  std::vector<ImageAction> actions;
  for (auto& [key, build] : state_.builds) {
    if (is_ordered(key) || build.cancelled) continue;
    HEARTH_CHECK(build.attempt.operation.has_value());
    build.cancelled = true;
    actions.emplace_back(CancelBuild{*build.attempt.operation});
  }
  return actions;
}

bool ImageSupply::on_listed(const Listing& listing) {
  const bool is_old = listing.is_older_than(state_.images_came_in);
  const Inventory& inventory = listing.inventory;
  if (inventory.images_known && !is_old) state_.images.clear();
  state_.images.insert(inventory.images.begin(), inventory.images.end());
  return is_old;
}

std::vector<ImageAction> ImageSupply::tend(MonoTime now, OperationIds& ids) {
  rest(now);
  std::vector<ImageAction> actions;
  fetch_missing(now, ids, actions);
  begin_build(now, ids, actions);
  return actions;
}

void ImageSupply::rest(MonoTime now) {
  HEARTH_CHECK(now >= state_.as_of);
  state_.as_of = now;
}

void ImageSupply::fetch_missing(MonoTime now, OperationIds& ids,
                                std::vector<ImageAction>& actions) {
  const auto is_missing = [&](const std::string& reference) {
    return state_.wanted.contains(reference) && !state_.images.contains(reference);
  };
  std::erase_if(state_.fetches, [&](const auto& entry) {
    return !entry.second.operation && !is_missing(entry.first);
  });
  auto under_way =
      std::count_if(state_.fetches.begin(), state_.fetches.end(),
                    [](const auto& entry) { return entry.second.operation.has_value(); });
  for (const auto& [reference, image] : state_.wanted) {
    if (!is_missing(reference)) continue;
    Attempt& attempt = state_.fetches[reference];
    if (attempt.operation || now < attempt.next_try) continue;
    if (std::cmp_greater_equal(under_way, kFetchesMax)) continue;
    const OperationId id = ids.next();
    attempt.operation = id;
    actions.emplace_back(FetchImage{id, image});
    ++under_way;
  }
}

void ImageSupply::begin_build(MonoTime now, OperationIds& ids, std::vector<ImageAction>& actions) {
  if (is_building()) return;
  for (const BuildOrder& order : state_.orders) {
    if (state_.results.contains(key_of(order))) continue;
    Build& build = state_.builds[key_of(order)];
    if (now < build.attempt.next_try) continue;
    const OperationId id = ids.next();
    build.attempt.operation = id;
    build.attempt.begun_at = now;
    build.reference = fmt::format("{}-{}.{}", order.reference, start_count_, id.value);
    BuildOrder renamed = order;
    renamed.reference = build.reference;
    actions.emplace_back(BuildImage{id, std::move(renamed)});
    return;
  }
}

bool ImageSupply::is_ordered(const BuildKey& key) const {
  return std::any_of(state_.orders.begin(), state_.orders.end(),
                     [&](const BuildOrder& order) { return key_of(order) == key; });
}

bool ImageSupply::is_building() const {
  return std::any_of(state_.builds.begin(), state_.builds.end(),
                     [](const auto& entry) { return entry.second.attempt.operation.has_value(); });
}

bool ImageSupply::on_done(const OperationDone& done, const Turn& turn) {
  for (const auto& [reference, attempt] : state_.fetches) {
    if (attempt.operation != done.operation) continue;
    finish_fetch(std::string(reference), done, turn);  // A copy: the entry is erased.
    return false;
  }
  for (const auto& [key, build] : state_.builds) {
    if (build.attempt.operation != done.operation) continue;
    finish_build(BuildKey(key), done, turn);  // A copy, too.
    return done.outcome.has_value();
  }
  return false;
}

void ImageSupply::put_off(Attempt& attempt, const Error& why, Duration wait_max, MonoTime now) {
  Prng prng(state_.prng);
  attempt.put_off(why, wait_max, now, prng);
  state_.prng = prng.save();
}

void ImageSupply::finish_fetch(const std::string& reference, const OperationDone& done,
                               const Turn& turn) {
  if (done.outcome) {
    state_.images.insert(reference);
    state_.images_came_in = turn.number;
    state_.fetches.erase(reference);
    return;
  }
  const Duration wait_max = done.failed_step == FetchStep::kLoad ? kLoadRetryMax : kRetryMax;
  put_off(state_.fetches.at(reference), done.outcome.error(), wait_max, turn.now);
}

void ImageSupply::finish_build(const BuildKey& key, const OperationDone& done, const Turn& turn) {
  Build& build = state_.builds.at(key);
  if (done.outcome) state_.images_came_in = turn.number;
  // If it was cancelled and ordered again before it ended, it starts over: its end does not count.
  if (!is_ordered(key) || (build.cancelled && !done.outcome)) {
    state_.builds.erase(key);
    return;
  }
  BuildStatus status{.workload = key.workload, .generation = key.generation};
  if (done.outcome) {
    status.state = BuildState::kDone;
    status.archive = done.archive;
    status.reference = build.reference;
  } else if (may_pass(done.outcome.error().code) && build.attempt.failures + 1 < kBuildTriesMax) {
    return put_off(build.attempt, done.outcome.error(), kRetryMax, turn.now);
  } else {
    status.state = BuildState::kFailed;
    status.reason = done.outcome.error().message;
  }
  state_.builds.erase(key);
  state_.results.insert_or_assign(key, std::move(status));
}

ImageReadiness ImageSupply::readiness(const Image& image) const {
  if (state_.images.contains(image.reference)) return {.is_there = true};
  const auto found = state_.fetches.find(image.reference);
  if (found == state_.fetches.end() || found->second.error.empty()) return {};
  return {.is_there = false, .reason = "its image cannot be fetched: " + found->second.error};
}

/// Why its latest try failed; empty: it did not, or the next one gets further.
std::string ImageSupply::why_not_built(const BuildKey& key) const {
  const auto found = state_.builds.find(key);
  if (found == state_.builds.end()) return {};
  const Attempt& attempt = found->second.attempt;
  const bool gets_further = attempt.operation && state_.as_of - attempt.begun_at >= kTrySilence;
  return gets_further ? std::string() : attempt.error;
}

std::vector<BuildStatus> ImageSupply::build_statuses() const {
  std::vector<BuildStatus> statuses;
  for (const BuildOrder& order : state_.orders) {
    const auto result = state_.results.find(key_of(order));
    statuses.push_back(result != state_.results.end()
                           ? result->second
                           : BuildStatus{.workload = order.workload,
                                         .generation = order.generation,
                                         .reason = why_not_built(key_of(order))});
  }
  return statuses;
}

std::optional<MonoTime> ImageSupply::next_deadline() const {
  std::optional<MonoTime> next;
  const auto consider = [&](const Attempt& attempt) {
    // An attempt that is due waits for its turn, not for time.
    if (attempt.next_try > state_.as_of) next = earlier(next, attempt.next_try);
  };
  for (const auto& [reference, attempt] : state_.fetches) consider(attempt);
  for (const auto& [key, build] : state_.builds) consider(build.attempt);
  return next;
}

void ImageSupply::check_invariants() const {
  std::set<OperationId> under_way;
  std::size_t fetching = 0;
  for (const auto& [reference, attempt] : state_.fetches) {
    if (!attempt.operation) continue;
    ++fetching;
    HEARTH_CHECK(under_way.insert(*attempt.operation).second);
  }
  HEARTH_CHECK(fetching <= kFetchesMax);
  for (const auto& [key, build] : state_.builds) {
    HEARTH_CHECK(!state_.results.contains(key));
    HEARTH_CHECK(is_ordered(key) || build.cancelled);
    HEARTH_CHECK(!build.cancelled || build.attempt.operation);
    if (build.attempt.operation) HEARTH_CHECK(under_way.insert(*build.attempt.operation).second);
  }
  HEARTH_CHECK(under_way.size() <= fetching + 1);  // One build at a time.
  for (const auto& [key, status] : state_.results) {
    HEARTH_CHECK(is_ordered(key));
    HEARTH_CHECK(status.state != BuildState::kRunning);
  }
}

}  // namespace hearth::core
