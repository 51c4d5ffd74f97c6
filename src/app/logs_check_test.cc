// `hearth logs check`, from the command line to its output.

#include <fstream>
#include <iostream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/programs.h"
#include "cli/command_line.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LogsCheckTest : public testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string out;
    std::string err;
  };

  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(folder_ / name) << content;
    return (folder_ / name).string();
  }
  static Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), {"logs", "check"});
    return run_hearth(words);
  }
  static Outcome run_hearth(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    cli::Terminal terminal(out, err, {});
    cli::Session session{.terminal = terminal,
                         .variable = [](const char*) { return std::nullopt; },
                         .now = [] { return WallTime(); }};
    const int code = cli::run_command_line(words, hearth_commands(), session);
    return {code, out.str(), err.str()};
  }

  TemporaryDirectory folder_;
  std::string rules_ = write("rules.yaml", R"(log_rules:
  - { name: ready, must_appear: 'listening', within: 30s, do: restart }
  - { name: db-gone, must_not_appear: 'refused', do: mark, hold_off: 1m }
  - { name: spare, must_not_appear: 'panic', do: replace }
)");
  std::string log_ = write("a.log",
                           "2026-03-01T09:00:00.000Z starting\n"
                           "2026-03-01T09:00:01.500Z db refused\n"
                           "2026-03-01T09:00:02.000Z db refused\n");
};

TEST_F(LogsCheckTest, ShowsWhatWouldHaveBeenDoneWhenAndWhatNeverMatched) {
  const Outcome shown = run({log_, "--rules", rules_});
  EXPECT_EQ(shown.code, 0);
  EXPECT_EQ(shown.err, "");
  EXPECT_EQ(
      shown.out,
      "TIME                      LINE  RULE     ACTION  WHY                       TEXT\n"
      "2026-03-01T09:00:01.500Z     2  db-gone  mark    a line matches 'refused'  db refused\n"
      "\n"
      "RULE     ACTION   MATCHED  FIRED  HELD OFF  AT THE END\n"
      "ready    restart        0      0         0  waiting\n"
      "db-gone  mark           2      1         1  faulty: a line matches 'refused'\n"
      "spare    replace        0      0         0  met\n"
      "\n"
      "never ready: what 'ready' awaits was not seen\n"
      "never matched: 'spare'\n"
      "still marked by 'db-gone': a line matches 'refused'\n"
      "3 lines in 2.0 s; what is absent after the last one is not judged\n");
}

TEST_F(LogsCheckTest, SaysTheSameAsJson) {
  EXPECT_THAT(run({log_, "--rules", rules_, "-o", "json"}).out,
              AllOf(HasSubstr(R"({"lines":3,"has_times":true,"length_s":2.000,"firings":[{"time":)"
                              R"("2026-03-01T09:00:01.500Z","after_s":1.500,"line":2,"rule":)"
                              R"("db-gone","action":"mark","why":"a line matches 'refused'",)"
                              R"("text":"db refused","held_off":0}],"left_out":0,"rules":[{)"),
                    HasSubstr(R"("name":"db-gone","action":"mark","matched":2,"fired":1,)"
                              R"("held_off":1,"standing":"faulty",)"
                              R"("words":"a line matches 'refused'","marked":true})")));
}

TEST_F(LogsCheckTest, ReadsStandardInput) {
  std::istringstream in("db refused\n");
  std::streambuf* const before = std::cin.rdbuf(in.rdbuf());
  const Outcome shown = run({"-", "--rules", rules_, "--interval", "1s"});
  std::cin.rdbuf(before);
  EXPECT_THAT(shown.out, HasSubstr("+0.000 s     1  db-gone"));
  EXPECT_EQ(shown.err, "");
}

TEST_F(LogsCheckTest, SaysThatWithoutTimestampsTimesMeanNothing) {
  const Outcome shown = run({write("b.log", "db refused\n"), "--rules", rules_});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.err, HasSubstr("line 1 has no timestamp"));
}

TEST_F(LogsCheckTest, NamesThePlaceOfEveryBadRule) {
  const std::string bad = write("bad.yaml",
                                "log_rules:\n"
                                "  - { name: a, must_not_appear: '(' }\n"
                                "  - { name: b, must_recur: x }\n");
  const Outcome refused = run({log_, "--rules", bad});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("bad.yaml:2:33: log_rules[0].must_not_appear: "),
                    HasSubstr("at byte 0: '(' without its ')'"), HasSubstr("bad.yaml:3:")));
}

TEST_F(LogsCheckTest, RefusesWhatCannotBeChecked) {
  EXPECT_EQ(run({"missing.log", "--rules", rules_}).code, 5);
  EXPECT_EQ(run({log_, "--rules", "missing.yaml"}).code, 5);
  EXPECT_EQ(run({folder_.path().string(), "--rules", rules_}).code, 2);
  EXPECT_THAT(run({log_}).err, HasSubstr("--rules is required"));
  EXPECT_THAT(run({log_, "--rules", write("none.yaml", "log_rules: []\n")}).err,
              HasSubstr("has no log_rules"));
  EXPECT_EQ(run({log_, "--rules", rules_, "--interval", "24h"}).code, 0);
  EXPECT_EQ(run({log_, "--rules", rules_, "--interval", "24.1h"}).code, 2);
}

TEST_F(LogsCheckTest, AWorkloadCalledCheckStillHasItsOutputShown) {
  EXPECT_THAT(run_hearth({"logs", "--", "check", "2"}).err,
              HasSubstr("unexpected argument '2' (see: hearth logs --help)"));
}

TEST_F(LogsCheckTest, NoLineControlsTheTerminal) {
  const std::string log = write("c.log", "\x1b[2J refused\n");
  EXPECT_THAT(run({log, "--rules", rules_}).out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace hearth
