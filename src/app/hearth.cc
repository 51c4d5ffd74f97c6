#include <string>
#include <vector>

#include "cli/command_line.h"

int main(int argc, char** argv) {
  using namespace hearth::cli;
  Terminal terminal = Terminal::of_process();
  Session session = Session::of_process(terminal);
  return run_command_line(std::vector<std::string>(argv + 1, argv + argc), make_commands(),
                          session);
}
