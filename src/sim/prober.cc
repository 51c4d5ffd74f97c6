#include "sim/prober.h"

#include <string>
#include <utility>
#include <variant>

namespace hearth::sim {
namespace {

constexpr Duration kAnswerTime = std::chrono::milliseconds(2);

ProbeResult result_of(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kSucceeded:
    case ProbeOutcome::kTimedOut: return {outcome, ""};
    case ProbeOutcome::kFailed: return {outcome, "was refused"};
    case ProbeOutcome::kNotRun: break;
  }
  return {ProbeOutcome::kNotRun, "the engine does not answer"};
}

}  // namespace

void SimProber::run(ProbeRequest request, std::function<void(ProbeResult)> done) {
  const bool is_command = std::holds_alternative<ExecCheck>(request.check);
  if (!is_command && request.address.empty()) {
    return loop_.after(kAnswerTime, [done = std::move(done)] {
      done({ProbeOutcome::kNotRun, "the container has no address yet"});
    });
  }
  const std::string address = is_command ? "" : request.address;
  const ProbeOutcome outcome = engine_.answer(request.container, address);
  const Duration takes = outcome == ProbeOutcome::kTimedOut ? request.timeout : kAnswerTime;
  loop_.after(takes, [outcome, done = std::move(done)] { done(result_of(outcome)); });
}

}  // namespace hearth::sim
