#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/manager/messages.h"
#include "sim/world.h"

namespace hearth::sim {

/// A person at the command line: asks, waits for the answer, asks again if none comes. What was
/// answered is kept, to hold the manager to its word.
class Operator {
 public:
  using Ask = std::function<void(RequestId, const Command&)>;
  Operator(World& world, Ask ask) : world_(world), ask_(std::move(ask)) {}

  void import_nodes(std::vector<NodeEntry> nodes);
  void deploy(const WorkloadName& name, const WorkloadSpec& spec);
  void stop(const WorkloadName& name);
  void remove(const WorkloadName& name);
  void on_reply(const core::Reply& reply);

  bool is_waiting() const;
  /// What each workload was last promised to be; nullopt: that nothing of it runs.
  const std::map<WorkloadName, std::optional<WorkloadSpec>>& promised() const { return promised_; }

 private:
  /// Commands about one thing, the first of which is being asked.
  struct Line {
    std::deque<Command> commands;
    std::optional<RequestId> asked;
  };
  void enqueue(const std::string& thing, Command command);
  void ask_next(const std::string& thing);
  void keep(const Command& command);

  World& world_;
  Ask ask_;
  std::uint64_t requests_ = 0;
  std::map<std::string, Line> lines_;
  std::map<WorkloadName, std::optional<WorkloadSpec>> promised_;
};

}  // namespace hearth::sim
