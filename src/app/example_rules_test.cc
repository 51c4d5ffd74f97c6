// Goal: the rules in examples/rules do what their pages say. Method: each is tried on the log that
// was recorded beside it, and the answer of `hearth logs check` is compared with the expected one.
// HEARTH_UPDATE_REFERENCE=1 hearth_app_programs_test --gtest_filter='*ExampleRules*' writes it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "app/programs.h"
#include "cli/command_line.h"

namespace hearth {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string check(const std::filesystem::path& log, const std::filesystem::path& rules) {
  std::ostringstream out;
  std::ostringstream err;
  cli::Terminal terminal(out, err, {});
  cli::Session session{.terminal = terminal,
                       .variable = [](const char*) { return std::nullopt; },
                       .now = [] { return WallTime(); }};
  const int code = cli::run_command_line({"logs", "check", log.string(), "--rules", rules.string()},
                                         hearth_commands(), session);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(err.str(), "");
  return out.str();
}

TEST(ExampleRules, DoWithTheRecordedLogWhatIsExpected) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HEARTH_EXAMPLE_RULES_DIR)) {
    std::filesystem::path path = entry.path();
    if (path.extension() != ".yaml") continue;
    ++count;
    const std::string shown = check(std::filesystem::path(path).replace_extension(".log"), path);
    path.replace_extension(".expected");
    if (std::getenv("HEARTH_UPDATE_REFERENCE") != nullptr) {
      std::ofstream(path) << shown;
    } else {
      EXPECT_EQ(shown, content_of(path)) << path;
    }
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace hearth
