#include "cli/state_paint.h"

#include <algorithm>
#include <array>

namespace hearth::cli {
namespace {

using namespace std::string_view_literals;

constexpr std::array kGood{"live"sv,  "running"sv,   "deployed"sv,
                           "ready"sv, "completed"sv, "available"sv};
constexpr std::array kBad{"dead"sv,        "agent_down"sv,  "failed"sv,
                          "crash_loop"sv,  "quarantined"sv, "lost"sv,
                          "unreachable"sv, "unavailable"sv, "blind"sv};
constexpr std::array kWarning{"suspect"sv,  "pending"sv,  "backoff"sv,     "awaited"sv,
                              "building"sv, "degraded"sv, "rolling_out"sv, "paused"sv,
                              "reduced"sv,  "unknown"sv,  "backing_off"sv};

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
