#include "adapters/probe/check_words.h"

#include <fmt/format.h>

#include "adapters/http/own_fault.h"
#include "base/duration_text.h"
#include "base/shortened.h"

namespace hearth::probe {
namespace {

constexpr unsigned kStatusMin = 200;
constexpr unsigned kStatusEnd = 400;
constexpr std::size_t kOutputBytesMax = 150;

}  // namespace

ProbeResult succeeded() {
  return {ProbeOutcome::kSucceeded, {}};
}
ProbeResult failed(std::string words) {
  return {ProbeOutcome::kFailed, std::move(words)};
}
ProbeResult not_run(std::string because) {
  return {ProbeOutcome::kNotRun, std::move(because)};
}
ProbeResult timed_out(Duration timeout) {
  return {ProbeOutcome::kTimedOut, fmt::format("timed out after {}", show_duration(timeout))};
}

ProbeResult unconnected(const std::error_code& error, Duration timeout) {
  if (error == std::errc::timed_out) {
    return {ProbeOutcome::kTimedOut,
            fmt::format("was not accepted within {}", show_duration(timeout))};
  }
  if (error == std::errc::connection_refused) return failed("was refused");
  if (http::is_own_fault(error)) {
    return not_run(fmt::format("this node cannot connect: {}", error.message()));
  }
  return failed(fmt::format("found no connection: {}", error.message()));
}

ProbeResult unanswered(http::ReadFault fault, Duration timeout) {
  switch (fault) {
    case http::ReadFault::kTimedOut: return timed_out(timeout);
    case http::ReadFault::kMalformed: return failed("was answered with something that is not HTTP");
    case http::ReadFault::kTooLarge:
      return failed(fmt::format("was answered with a head of more than {} KiB",
                                AsioProber::kHeadBytesMax / 1024));
    case http::ReadFault::kNone:
    case http::ReadFault::kClosed:
    case http::ReadFault::kStopped: break;
  }
  return failed("was cut off before the end of the answer's head");
}

ProbeResult answered(unsigned status) {
  if (status >= kStatusMin && status < kStatusEnd) return succeeded();
  return failed(fmt::format("was answered with status {}", status));
}

ProbeResult ended(const Result<CommandEnd>& end, Duration timeout) {
  if (end) {
    if (end->code == 0) return succeeded();
    const std::string output = shortened(as_one_line(end->output), kOutputBytesMax);
    return failed(fmt::format("exited with {}{}{}", end->code, output.empty() ? "" : ": ", output));
  }
  const Error& error = end.error();
  if (error.code == ErrorCode::kFailed) {
    return failed(fmt::format("cannot be run in the container: {}", as_one_line(error.message)));
  }
  if (error.code == ErrorCode::kTimeout) return timed_out(timeout);
  return not_run(as_one_line(error.message));
}

std::string as_one_line(std::string_view text) {
  constexpr char kDelete = 0x7f;
  std::string line;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ' || c == kDelete;
    if (!is_blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace hearth::probe
