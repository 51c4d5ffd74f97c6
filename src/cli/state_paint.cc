#include "cli/state_paint.h"

#include <algorithm>
#include <array>

namespace hearth::cli {
namespace {

constexpr std::array<std::string_view, 5> kGood{"live", "running", "deployed", "ready",
                                                "completed"};
constexpr std::array<std::string_view, 7> kBad{
    "dead", "agent_down", "failed", "crash_loop", "quarantined", "lost", "unreachable"};
constexpr std::array<std::string_view, 8> kWarning{"suspect",  "pending",     "backoff",  "awaited",
                                                   "building", "rolling_out", "degraded", "paused"};

}  // namespace

Table::Cell state_cell(std::string_view state) {
  const auto is_one_of = [&](const auto& words) {
    return std::find(words.begin(), words.end(), state) != words.end();
  };
  const Paint paint = is_one_of(kGood)      ? Paint::kGood
                      : is_one_of(kBad)     ? Paint::kBad
                      : is_one_of(kWarning) ? Paint::kWarning
                                            : Paint::kPlain;
  return Table::Cell(std::string(state), paint);
}

}  // namespace hearth::cli
