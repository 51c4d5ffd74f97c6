// hearth: the command line. Wiring only.

#include <csignal>
#include <string>
#include <vector>

#include "app/programs.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  using namespace hearth;
  // Once its output is not read any more (| head -1) a command ends, even if the parent process
  // ignores this signal. `hearth dev` decides otherwise.
  std::signal(SIGPIPE, SIG_DFL);
  cli::Terminal terminal = cli::Terminal::of_process();
  cli::Session session = cli::Session::of_process(terminal);
  return cli::run_command_line(std::vector<std::string>(argv + 1, argv + argc), hearth_commands(),
                               session);
}
