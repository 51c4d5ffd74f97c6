#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/manager/messages.h"
#include "ports/completion.h"
#include "sim/world.h"

namespace hearth::sim {

/// An operator at the command line: sends commands, waits for the answers, and repeats commands
/// without one. The answers are kept, to be compared with what follows.
class Operator {
 public:
  using Ask = std::function<void(const Command&, Completion<core::CommandResult>)>;
  Operator(World& world, Ask ask) : world_(world), ask_(std::move(ask)) {}

  void import_nodes(std::vector<NodeEntry> nodes);
  void deploy(const WorkloadName& name, const WorkloadSpec& spec);
  /// Of one that is deployed.
  void restart(const WorkloadName& name);
  void stop(const WorkloadName& name);
  void remove(const WorkloadName& name);

  bool is_waiting() const;
  /// What each workload was last confirmed to be; nullopt: none of it runs.
  const std::map<WorkloadName, std::optional<WorkloadSpec>>& promised() const { return promised_; }

 private:
  /// Commands about one thing, the first of which has been sent.
  struct Line {
    std::deque<Command> commands;
    std::optional<std::uint64_t> asked;  ///< The number of the request.
  };
  void enqueue(const std::string& thing, Command command);
  void ask_next(const std::string& thing);
  void ask_again(const std::string& thing, std::uint64_t question, Duration later);
  void on_reply(const std::string& thing, std::uint64_t question,
                const Result<core::CommandResult>& result);
  void keep(const Command& command);

  World& world_;
  Ask ask_;
  std::uint64_t questions_ = 0;
  std::map<std::string, Line> lines_;
  std::map<WorkloadName, std::optional<WorkloadSpec>> promised_;
};

}  // namespace hearth::sim
