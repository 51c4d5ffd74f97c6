#include "app/command_line.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "adapters/usage/help.h"
#include "app/daemon.h"
#include "base/version.h"

namespace hearth {
namespace {

int print(const usage::Program& program, const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return output_has_arrived(program.name) ? 0 : kExitFailed;
}

}  // namespace

bool output_has_arrived(std::string_view program) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  const std::string why = errno == 0 ? "" : fmt::format(": {}", std::strerror(errno));
  const std::string message = fmt::format("{}: the answer could not be written{}\n", program, why);
  std::fputs(message.c_str(), stderr);
  return false;
}

std::optional<int> read_command_line(const usage::Program& program, int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (usage::asks_for_help(words)) return print(program, usage::help_of(program, ""));
  if (words == std::vector<std::string>{"--version"}) {
    return print(program, fmt::format("{} {}\n", program.name, version()));
  }
  const Result<void> read = usage::read_words(words, program.commands[0].arguments);
  if (read) return std::nullopt;
  return give_up(std::string(program.name).c_str(),
                 {ErrorCode::kInvalidArgument,
                  fmt::format("{} (see: {} --help)", read.error().message, program.name)});
}

}  // namespace hearth
