// Goal: the suggestions of `hearth dev` can be pasted. Method: a shell splits each line, and the
// command line reads the words.

#include "cli/dev/suggestions.h"

#include <cstdio>
#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/dev/dev_command.h"
#include "testing/disk/temporary_directory.h"
#include "wire/endpoint_text.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> words_of(const std::string& line) {
  const std::string command = "printf '%s\\n' " + line;
  const std::unique_ptr<FILE, int (*)(FILE*)> shell(::popen(command.c_str(), "r"), &::pclose);
  std::string text;
  for (int c = std::fgetc(shell.get()); c != EOF; c = std::fgetc(shell.get())) {
    text += static_cast<char>(c);
  }
  std::istringstream lines(text);
  std::vector<std::string> words;
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  return words;
}

class SuggestionsTest : public testing::Test {
 protected:
  SuggestionsTest() { fs::create_directories(state_); }

  Suggestions suggestions(const std::optional<WorkloadName>& workload) const {
    return suggestions_for(facts_, program_, workload, session_);
  }
  static std::vector<std::string> all(Suggestions of) {
    of.look.push_back(of.freeze);
    return of.look;
  }

  TemporaryDirectory folder_;
  std::map<std::string, std::string> environment_{{"HOME", folder_.path().string()}};
  std::ostringstream out_;
  std::ostringstream err_;
  Terminal terminal_{out_, err_, {}};
  Session session_{.terminal = terminal_,
                   .variable = [this](const char* name) -> std::optional<std::string> {
                     const auto found = environment_.find(name);
                     if (found == environment_.end()) return std::nullopt;
                     return found->second;
                   },
                   .now = [] { return WallTime(); }};
  const fs::path program_ = folder_ / "it's built" / "hearth";
  const fs::path state_ = folder_ / "a state";
  DevFacts facts_{.state = state_,
                  .cluster = "0123abcd",
                  .manager = {"127.0.0.1", 1},
                  .power_socket = state_ / "power.sock",
                  .docker_socket = "/run/docker.sock",
                  .nodes = {*NodeName::parse("node-1")}};
};

TEST_F(SuggestionsTest, AreAcceptedByTheCommandLine) {
  ASSERT_TRUE(save_facts(facts_));
  for (const auto& workload :
       {std::optional<WorkloadName>(), std::optional(*WorkloadName::parse("heater"))}) {
    for (const std::string& line : all(suggestions(workload))) {
      std::vector<std::string> words = words_of(line);
      ASSERT_GT(words.size(), 1U) << line;
      EXPECT_EQ(words.front(), program_) << line;
      words.erase(words.begin());
      CommandList commands = make_commands();
      commands.push_back(make_dev_command());
      commands.push_back(make_dev_power_command());
      err_.str("");
      // No manager runs: that is the only error allowed.
      const int code = run_command_line(words, std::move(commands), session_);
      EXPECT_NE(code, static_cast<int>(ExitCode::kWrongInput)) << line << "\n" << err_.str();
      EXPECT_NE(code, static_cast<int>(ExitCode::kNotFound)) << line << "\n" << err_.str();
      const bool asks_manager = line.find("--manager") != std::string::npos;
      EXPECT_EQ(code == static_cast<int>(ExitCode::kUnreachable), asks_manager) << line;
    }
  }
}

TEST_F(SuggestionsTest, NameOnlyWhatAPlainCommandDoesNotFindOnItsOwn) {
  facts_.manager = {"127.0.0.1", kManagerPort};
  facts_.state = folder_ / ".local" / "state" / "hearth" / "dev";
  fs::create_directories(program_.parent_path());
  for (const fs::path& program : {program_, program_.parent_path() / "sqlite3"}) {
    std::fclose(std::fopen(program.c_str(), "w"));
    fs::permissions(program, fs::perms::owner_all);
  }
  environment_["PATH"] = "/nowhere:" + program_.parent_path().string();
  const Suggestions short_ones = suggestions(*WorkloadName::parse("heater"));
  EXPECT_THAT(short_ones.look,
              ElementsAre("hearth status", "hearth events -f", "hearth explain node node-1",
                          "hearth logs heater -f", StartsWith("sqlite3 /")));
  EXPECT_EQ(short_ones.freeze, "hearth dev power freeze node-1");
  EXPECT_TRUE(words_of(short_ones.look.back())[1].ends_with("/dev/manager/hearth.db"));

  environment_["HEARTH_MANAGER"] =
      "http://10.0.0.5:7700";  // Another manager, which must not be addressed.
  EXPECT_THAT(suggestions({}).look, Contains("hearth status --manager http://127.0.0.1:7700"));
  environment_["PATH"] = "";
  EXPECT_THAT(all(suggestions({})), Each(AllOf(StartsWith("'/"), Not(HasSubstr("sqlite3")))));
}

}  // namespace
}  // namespace hearth::cli
