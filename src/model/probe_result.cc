#include "model/probe_result.h"

#include <cstddef>

#include "base/shortened.h"

namespace hearth {
namespace {

constexpr std::size_t kCheckBytesMax = 100;

struct CheckWords {
  std::string operator()(const HttpCheck& check) const {
    return "GET " + shortened(check.path, kCheckBytesMax) + " on port " +
           std::to_string(check.port);
  }
  std::string operator()(const TcpCheck& check) const {
    return "a connection to port " + std::to_string(check.port);
  }
  std::string operator()(const ExecCheck& check) const {
    std::string line;
    for (const std::string& word : check.command) {
      if (!line.empty()) line += ' ';
      line += word;
      if (line.size() > kCheckBytesMax) break;
    }
    return "'" + shortened(line, kCheckBytesMax) + "'";
  }
};

}  // namespace

std::string_view name_of(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kStartup: return "startup";
    case ProbeKind::kReadiness: return "readiness";
    case ProbeKind::kLiveness: return "liveness";
  }
  return "";
}

std::string_view name_of(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kSucceeded: return "succeeded";
    case ProbeOutcome::kFailed: return "failed";
    case ProbeOutcome::kTimedOut: return "timed_out";
    case ProbeOutcome::kNotRun: return "not_run";
  }
  return "";
}

std::string words_of(const ProbeCheck& check) {
  return std::visit(CheckWords{}, check);
}

}  // namespace hearth
