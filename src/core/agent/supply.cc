// Images that are wanted here, and those that are built here.

#include <algorithm>

#include <fmt/format.h>

#include "core/agent/agent.h"

namespace hearth::core {
namespace {

constexpr std::size_t kFetchesMax = 2;
/// With the waits between them they outlast four minutes without a manager to fetch from.
constexpr std::uint32_t kBuildTriesMax = 12;
constexpr Duration kRetryMin = std::chrono::seconds(1);
constexpr Duration kRetryMax = std::chrono::seconds(30);
/// Each try moves the whole image over a link that may be thin, for an engine that will hardly
/// think otherwise by then.
constexpr Duration kLoadRetryMax = std::chrono::minutes(10);

/// Whether trying the same again could end otherwise.
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

}  // namespace

void Agent::tend_supply() {
  if (!may_act()) return;
  const std::map<std::string, Image> wanted = wanted_images();
  std::erase_if(fetches_, [&](const auto& entry) {
    return !entry.second.operation && !wanted.contains(entry.first);
  });
  auto under_way = static_cast<std::size_t>(std::count_if(
      fetches_.begin(), fetches_.end(), [](const auto& entry) { return entry.second.operation; }));
  for (const auto& [reference, image] : wanted) {
    Attempt& attempt = fetches_[reference];
    if (attempt.operation || now_.mono < attempt.next_try || under_way >= kFetchesMax) continue;
    attempt.operation = begin({.kind = OperationKind::kFetch, .reference = reference});
    act(FetchImage{*attempt.operation, image});
    ++under_way;
  }

  const bool building = std::any_of(builds_.begin(), builds_.end(),
                                    [](const auto& entry) { return entry.second.operation; });
  if (building) return;
  for (const BuildOrder& order : intake_.in_force()->builds) {
    const BuildKey key(order.workload, order.generation);
    if (build_results_.contains(key)) continue;
    Attempt& attempt = builds_[key];
    if (now_.mono < attempt.next_try) continue;
    attempt.operation = begin({.kind = OperationKind::kBuild, .build_key = key});
    BuildOrder build = order;
    build.reference +=
        fmt::format("-{}.{}", settings_.incarnation.start_count, attempt.operation->value);
    operations_.at(*attempt.operation).reference = build.reference;
    act(BuildImage{*attempt.operation, std::move(build)});
    return;
  }
}

std::map<std::string, Image> Agent::wanted_images() const {
  std::map<std::string, Image> wanted;
  const auto want = [&](const Image& image) {
    if (image.archive && !have_image(image)) wanted.emplace(image.reference, image);
  };
  for (const AssignedInstance& instance : intake_.in_force()->instances) want(instance.image);
  for (const Image& image : intake_.in_force()->images) want(image);
  return wanted;
}

std::string Agent::fetch_error(const std::string& reference) const {
  const auto found = fetches_.find(reference);
  if (found == fetches_.end() || found->second.error.empty()) return {};
  return "its image cannot be fetched: " + found->second.error;
}

void Agent::finish_fetch(const std::string& reference, const OperationDone& done) {
  if (done.outcome) {
    images_.insert(reference);
    images_gained_in_step_ = step_;
    fetches_.erase(reference);
    return;
  }
  const bool came = done.failed_step == FetchStep::kLoad;
  put_off(fetches_[reference], done.outcome.error(), came ? kLoadRetryMax : kRetryMax);
}

bool Agent::is_ordered(const BuildKey& key) const {
  return std::any_of(
      intake_.in_force()->builds.begin(), intake_.in_force()->builds.end(),
      [&](const BuildOrder& order) { return BuildKey(order.workload, order.generation) == key; });
}

/// A build may take an hour, and only one is done at a time: those that nobody wants must not hold
/// up the next.
void Agent::cancel_builds() {
  std::erase_if(builds_, [&](const auto& entry) {
    return !is_ordered(entry.first) && !entry.second.operation;
  });
  for (auto& [key, attempt] : builds_) {
    if (is_ordered(key) || attempt.cancelled) continue;
    attempt.cancelled = true;
    act(CancelBuild{*attempt.operation});
  }
}

void Agent::finish_build(const Operation& build, const OperationDone& done) {
  const BuildKey& key = *build.build_key;
  Attempt& attempt = builds_[key];
  if (done.outcome) {
    inventory_.list_again(now_.mono);  // The engine has a new image.
    images_gained_in_step_ = step_;
  }
  // One that was cancelled and ordered again before it ended begins anew: its end says nothing.
  if (!is_ordered(key) || (attempt.cancelled && !done.outcome)) {
    builds_.erase(key);
    return;
  }
  BuildStatus status{.workload = key.first, .generation = key.second};
  if (done.outcome) {
    status.state = BuildState::kDone;
    status.archive = done.archive;
    status.reference = build.reference;
  } else if (may_pass(done.outcome.error().code) && attempt.failures + 1 < kBuildTriesMax) {
    return put_off(attempt, done.outcome.error(), kRetryMax);
  } else {
    status.state = BuildState::kFailed;
    status.reason = done.outcome.error().message;
  }
  builds_.erase(key);
  build_results_.insert_or_assign(key, std::move(status));
}

void Agent::put_off(Attempt& attempt, const Error& error, Duration wait_max) {
  attempt.operation.reset();
  attempt.error = error.message;
  const Duration wait = std::min(kRetryMin * (1U << std::min(attempt.failures, 10U)), wait_max);
  ++attempt.failures;
  attempt.next_try = now_.mono + wait;
}

}  // namespace hearth::core
