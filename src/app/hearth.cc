// hearth: the command line. Wiring, nothing else.

#include <csignal>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/dev/dev_command.h"

int main(int argc, char** argv) {
  using namespace hearth::cli;
  // Once nobody reads what it says (| head -1) a command is over, also where the program that
  // started us has this signal ignored. `hearth dev` decides otherwise.
  std::signal(SIGPIPE, SIG_DFL);
  Terminal terminal = Terminal::of_process();
  Session session = Session::of_process(terminal);
  CommandList commands = make_commands();
  commands.push_back(make_dev_command());
  commands.push_back(make_dev_power_command());
  return run_command_line(std::vector<std::string>(argv + 1, argv + argc), std::move(commands),
                          session);
}
