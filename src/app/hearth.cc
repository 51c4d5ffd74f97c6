// hearth: the command line. Wiring, nothing else.

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/dev/dev_command.h"

int main(int argc, char** argv) {
  using namespace hearth::cli;
  Terminal terminal = Terminal::of_process();
  Session session = Session::of_process(terminal);
  CommandList commands = make_commands();
  commands.push_back(make_dev_command());
  commands.push_back(make_dev_power_command());
  return run_command_line(std::vector<std::string>(argv + 1, argv + argc), std::move(commands),
                          session);
}
