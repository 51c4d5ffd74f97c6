// Goal: docs/reference/cli.md says what the program says. Method: the part that lists the commands
// is made from their help and compared. After a change: HEARTH_UPDATE_REFERENCE=1 hearth_dev_test
// --gtest_filter='Reference*' writes it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/dev/dev_command.h"

namespace hearth::cli {
namespace {

CommandList all_commands() {
  CommandList commands = make_commands();
  commands.push_back(make_dev_command());
  commands.push_back(make_dev_power_command());
  return commands;
}

std::string commands_in_markdown() {
  const CommandList commands = all_commands();
  std::string out;
  for (const auto& command : commands) {
    const std::string name(command->text().name);
    out += fmt::format("\n### hearth {}\n\n```text\n{}```\n", name, help_of(name, commands));
  }
  return out;
}

TEST(Reference, SaysOfEveryCommandWhatItsHelpSays) {
  const std::filesystem::path page = std::filesystem::path(HEARTH_REFERENCE_DIR) / "cli.md";
  std::ifstream file(page);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  constexpr std::string_view kHeading = "\n## Commands\n";
  const std::size_t at = text.find(kHeading);
  ASSERT_NE(at, std::string::npos);
  const std::size_t end = at + kHeading.size();
  if (std::getenv("HEARTH_UPDATE_REFERENCE") != nullptr) {
    std::ofstream(page) << text.substr(0, end) << commands_in_markdown();
    GTEST_SKIP() << "written";
  }
  EXPECT_EQ(text.substr(end), commands_in_markdown());
}

TEST(Reference, EveryCommandHasAnExampleThatBeginsWithIt) {
  for (const auto& command : all_commands()) {
    const CommandText text = command->text();
    ASSERT_FALSE(text.examples.empty()) << text.name;
    EXPECT_TRUE(text.examples.front().line.starts_with("hearth " + std::string(text.name)));
    EXPECT_TRUE(text.summary.ends_with('.')) << text.name;
  }
}

}  // namespace
}  // namespace hearth::cli
