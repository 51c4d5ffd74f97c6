// Goal: docs/reference/cli.md matches the programs. Method: its part that lists their options is
// generated from their help and compared. After a change, HEARTH_UPDATE_REFERENCE=1
// hearth_app_programs_test --gtest_filter='Reference*' writes it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/usage/help.h"
#include "app/programs.h"

namespace hearth {
namespace {

/// "hearth node list"; for a program without commands its name.
std::string full_name(const usage::Program& program, const usage::CommandDescription& command) {
  if (command.text.name.empty()) return std::string(program.name);
  return fmt::format("{} {}", program.name, command.text.name);
}

std::string in_markdown() {
  std::string out;
  for (const usage::Program& program : hearth_programs()) {
    for (const usage::CommandDescription& command : program.commands) {
      out += fmt::format("\n### {}\n\n```text\n{}```\n", full_name(program, command),
                         usage::help_of(program, command.text.name));
    }
  }
  return out;
}

TEST(Reference, MatchesTheHelpOfEveryCommand) {
  const std::filesystem::path page = std::filesystem::path(HEARTH_REFERENCE_DIR) / "cli.md";
  std::ifstream file(page);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  constexpr std::string_view kHeading = "\n## Commands\n";
  const std::size_t at = text.find(kHeading);
  ASSERT_NE(at, std::string::npos);
  const std::size_t end = at + kHeading.size();
  if (std::getenv("HEARTH_UPDATE_REFERENCE") != nullptr) {
    std::ofstream(page) << text.substr(0, end) << in_markdown();
    GTEST_SKIP() << "the page was written as asked, so there is nothing to compare";
  }
  EXPECT_EQ(text.substr(end), in_markdown());
}

TEST(Reference, EveryCommandHasAnExampleThatStartsWithIt) {
  for (const usage::Program& program : hearth_programs()) {
    for (const usage::CommandDescription& command : program.commands) {
      const usage::CommandText& text = command.text;
      const std::string name = full_name(program, command);
      ASSERT_FALSE(text.examples.empty()) << name;
      EXPECT_TRUE(text.examples.front().line.starts_with(name)) << name;
      EXPECT_TRUE(text.summary.ends_with('.')) << name;
    }
  }
}

}  // namespace
}  // namespace hearth
