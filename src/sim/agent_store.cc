#include "sim/agent_store.h"

#include <algorithm>

#include "wire/assignment_codec.h"
#include "wire/watch_memory_codec.h"

namespace hearth::sim {

Result<std::uint64_t> SimAgentStore::count_start(const std::string& boot_id, std::uint64_t first) {
  if (start_ && start_->boot_id == boot_id) {
    ++start_->count;
  } else {
    start_ = Start{boot_id, first};
  }
  return start_->count;
}

Result<std::optional<Assignment>> SimAgentStore::load() {
  if (!assignment_) return std::nullopt;
  if (assignment_->content != assignment_->written) {
    return fail(ErrorCode::kCorrupt, "the assignment is damaged");
  }
  Result<Assignment> assignment = decode_assignment(assignment_->content);
  if (!assignment) return tl::unexpected(assignment.error());
  return std::optional(*std::move(assignment));
}

Result<void> SimAgentStore::save(const Assignment& assignment) {
  const Result<std::string> payload = encode(assignment);
  if (!payload) return tl::unexpected(payload.error());
  if (disk_.is_full()) return fail(ErrorCode::kExhausted, "no space left on the disk");
  if (!hooks_.on_save()) return fail(ErrorCode::kFailed, "the process is gone");
  assignment_ = File{*payload, *payload};
  hooks_.on_saved(assignment);
  return {};
}

Result<WatchMemory> SimAgentStore::load_memory() {
  if (!memory_) return WatchMemory{};
  if (memory_->content != memory_->written) {
    return fail(ErrorCode::kCorrupt, "what is known of the instances is damaged");
  }
  return decode_watch_memory(memory_->content);
}

Result<void> SimAgentStore::save_memory(const WatchMemory& memory) {
  const Result<std::string> payload = encode(memory);
  if (!payload) return tl::unexpected(payload.error());
  if (disk_.is_full()) return fail(ErrorCode::kExhausted, "no space left on the disk");
  memory_ = File{*payload, *payload};
  return {};
}

void SimAgentStore::lose_all() {
  assignment_.reset();
  memory_.reset();
  start_.reset();
}

void SimAgentStore::damage(std::optional<File>& file, Damage damage) {
  if (!file) return;
  std::string& content = file->content;
  switch (damage) {
    case Damage::kTorn: content.resize(content.size() / 2); return;
    case Damage::kZeros: std::ranges::fill(content, '\0'); return;
  }
}

}  // namespace hearth::sim
