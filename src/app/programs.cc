#include "app/programs.h"

#include "app/agent_options.h"
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
