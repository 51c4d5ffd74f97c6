#include "app/programs.h"

#include <algorithm>
#include <iterator>

#include "app/agent_options.h"
#include "app/log_trial.h"
#include "app/manager_options.h"
#include "cli/command_line.h"
#include "cli/dev/dev_command.h"

namespace hearth {
namespace {

usage::Program for_reading(usage::Program program) {
  for (usage::CommandDescription& command : program.commands) {
    command.arguments = command.arguments.without_targets();
  }
  return program;
}

}  // namespace

cli::CommandList hearth_commands() {
  cli::CommandList commands = cli::make_commands();
  const auto logs = std::ranges::find_if(
      commands, [](const auto& command) { return command->text().name == "logs"; });
  commands.insert(std::next(logs), cli::make_logs_check_command(try_log_rules));
  commands.push_back(cli::make_dev_command());
  commands.push_back(cli::make_dev_power_command());
  commands.push_back(cli::make_dev_fence_command());
  commands.push_back(cli::make_completion_command(hearth_programs));
  commands.push_back(cli::make_man_page_command(hearth_programs));
  return commands;
}

cli::ProgramList hearth_programs() {
  const cli::CommandList commands = hearth_commands();
  ManagerOptions manager;
  AgentOptions agent;
  return {for_reading(cli::describe(commands)), for_reading(describe_manager(manager)),
          for_reading(describe_agent(agent))};
}

}  // namespace hearth
