#include "sim/operator.h"

#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::seconds;

constexpr Duration kAnswerTimeout = seconds(5);
constexpr Duration kRetry = seconds(1);

std::string words_of(const Command& command) {
  struct Words {
    std::string operator()(const ImportNodes& one) const {
      return fmt::format("import {} nodes", one.nodes.size());
    }
    std::string operator()(const DeployWorkload& one) const {
      return fmt::format("deploy '{}': {} of bundle {}", one.name.str(), one.spec.instances,
                         one.spec.bundle.short_hex());
    }
    std::string operator()(const RollBackWorkload& one) const {
      return fmt::format("roll back '{}'", one.name.str());
    }
    std::string operator()(const RestartWorkload& one) const {
      return fmt::format("restart '{}'", one.name.str());
    }
    std::string operator()(const StopWorkload& one) const {
      return fmt::format("stop '{}'", one.name.str());
    }
    std::string operator()(const RemoveWorkload& one) const {
      return fmt::format("remove '{}'", one.name.str());
    }
  };
  return std::visit(Words{}, command);
}

/// Whether the same command is to be repeated.
bool may_pass(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConflict:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kExhausted: return true;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kUnauthorized:
    case ErrorCode::kFailed:
    case ErrorCode::kCorrupt: return false;
  }
  return false;
}

}  // namespace

void Operator::import_nodes(std::vector<NodeEntry> nodes) {
  enqueue("nodes", ImportNodes{std::move(nodes)});
}

void Operator::deploy(const WorkloadName& name, const WorkloadSpec& spec) {
  enqueue(name.str(), DeployWorkload{name, spec});
}

void Operator::restart(const WorkloadName& name) {
  enqueue(name.str(), RestartWorkload{.name = name});
}

void Operator::stop(const WorkloadName& name) {
  enqueue(name.str(), StopWorkload{name});
}

void Operator::remove(const WorkloadName& name) {
  enqueue(name.str(), RemoveWorkload{name});
}

void Operator::enqueue(const std::string& thing, Command command) {
  Line& line = lines_[thing];
  line.commands.push_back(std::move(command));
  if (!line.asked) ask_next(thing);
}

void Operator::ask_next(const std::string& thing) {
  Line& line = lines_[thing];
  line.asked.reset();
  if (line.commands.empty()) return;
  const std::uint64_t question = ++questions_;
  line.asked = question;
  world_.note("operator", words_of(line.commands.front()));
  ask_(line.commands.front(), [this, thing, question](const Result<core::CommandResult>& result) {
    on_reply(thing, question, result);
  });
  ask_again(thing, question, kAnswerTimeout);
}

/// Unless it has been answered by then.
void Operator::ask_again(const std::string& thing, std::uint64_t question, Duration later) {
  world_.after(later, [this, thing, question] {
    if (lines_[thing].asked == question) ask_next(thing);
  });
}

void Operator::on_reply(const std::string& thing, std::uint64_t question,
                        const Result<core::CommandResult>& result) {
  Line& line = lines_[thing];
  if (line.asked != question) return;
  // What is not there cannot be restarted.
  const bool is_restart = std::holds_alternative<RestartWorkload>(line.commands.front());
  const bool is_refused = !result && is_restart && result.error().code == ErrorCode::kConflict;
  if (!result && !is_refused && may_pass(result.error().code))
    return ask_again(thing, question, kRetry);
  keep(line.commands.front());
  line.commands.pop_front();
  ask_next(thing);
}

/// If a workload does not exist when it is to be stopped or removed, an earlier command whose
/// answer was lost has removed it.
void Operator::keep(const Command& command) {
  if (const auto* deploy = std::get_if<DeployWorkload>(&command)) {
    promised_.insert_or_assign(deploy->name, deploy->spec);
  } else if (const auto* stop = std::get_if<StopWorkload>(&command)) {
    promised_.insert_or_assign(stop->name, std::nullopt);
  } else if (const auto* remove = std::get_if<RemoveWorkload>(&command)) {
    promised_.insert_or_assign(remove->name, std::nullopt);
  }
}

bool Operator::is_waiting() const {
  for (const auto& [thing, line] : lines_) {
    if (!line.commands.empty()) return true;
  }
  return false;
}

}  // namespace hearth::sim
