#include "sim/store.h"

#include <algorithm>

namespace hearth::sim {
namespace {

/// The part of failed commits that are done, in thousandths.
constexpr std::uint32_t kDoneAllTheSame = 200;

bool tells_only_what_was_seen(const StoredState& before, const PutInstance& write) {
  const auto known = before.instances().find(write.instance.id);
  return known != before.instances().end() && known->second.node == write.instance.node &&
         known->second.desired_state == write.instance.desired_state;
}

bool may_be_lost(const StoredState& before, const std::vector<Write>& writes) {
  return std::ranges::all_of(writes, [&](const Write& write) {
    if (const auto* put = std::get_if<PutInstance>(&write)) {
      return tells_only_what_was_seen(before, *put);
    }
    if (const auto* put = std::get_if<PutNode>(&write)) {
      return before.nodes().contains(put->node.name);
    }
    return std::holds_alternative<DeleteInstance>(write) ||
           std::holds_alternative<AppendEvent>(write) ||
           std::holds_alternative<AppendHistory>(write) || std::holds_alternative<PutAlive>(write);
  });
}

}  // namespace

Result<void> SimStore::commit(const std::vector<Write>& writes) {
  const auto failure = [] { return fail(ErrorCode::kUnavailable, "input/output error"); };
  if (fails_ && !world_.chance(kDoneAllTheSame)) return failure();
  if (!hooks_.on_commit()) return failure();
  if (may_be_lost(state_, writes)) {
    before_.push_back(state_);
    if (before_.size() > kLostMax) before_.pop_front();
  } else {
    before_.clear();
  }
  state_.commit(writes);
  hooks_.on_committed();
  if (fails_) return failure();
  return {};
}

std::size_t SimStore::lose_last(std::size_t commits) {
  const std::size_t lost = std::min(commits, before_.size());
  for (std::size_t i = 0; i < lost; ++i) {
    state_ = std::move(before_.back());
    before_.pop_back();
  }
  return lost;
}

}  // namespace hearth::sim
