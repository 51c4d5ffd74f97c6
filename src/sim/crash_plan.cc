#include "sim/crash_plan.h"

namespace hearth::sim {

std::vector<CrashPlan> crash_plans(const std::vector<std::size_t>& boundaries) {
  std::vector<CrashPlan> plans;
  for (std::uint64_t boundary = 1; boundary <= boundaries.size(); ++boundary) {
    plans.push_back({.boundary = boundary, .point = CrashPoint::kBeforeCommit});
    plans.push_back({.boundary = boundary, .point = CrashPoint::kBeforeActing});
    for (std::size_t done = 1; done <= boundaries[boundary - 1]; ++done) {
      plans.push_back(
          {.boundary = boundary, .point = CrashPoint::kAmidActing, .effects_done = done});
    }
  }
  return plans;
}

bool CrashWatch::on_commit() {
  boundaries_.push_back(0);
  committed_ = false;
  acting_turn_.reset();
  return dies_at(CrashPoint::kBeforeCommit);
}

bool CrashWatch::on_committed() {
  committed_ = true;
  return dies_at(CrashPoint::kBeforeActing);
}

bool CrashWatch::on_effect(std::uint64_t turn) {
  if (committed_) acting_turn_ = turn;
  committed_ = false;
  if (acting_turn_ != turn) return false;
  ++boundaries_.back();
  return dies_at(CrashPoint::kAmidActing);
}

bool CrashWatch::dies_at(CrashPoint point) {
  const bool is_there =
      plan_ && plan_->boundary == boundaries_.size() && plan_->point == point &&
      (point != CrashPoint::kAmidActing || plan_->effects_done == boundaries_.back());
  if (is_there) plan_.reset();
  return is_there;
}

}  // namespace hearth::sim
