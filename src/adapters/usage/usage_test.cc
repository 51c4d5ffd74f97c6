// The texts made from one description. tests/tools/test_usage.py checks that shells and man(1)
// accept them, with the output of the real programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/usage/completion.h"
#include "adapters/usage/help.h"
#include "adapters/usage/man_page.h"

namespace hearth::usage {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Targets {
  std::string folder;
  std::string output;
  bool quiet = false;
};

/// A program with commands: two in a group, one of them for other programs.
Program with_commands(Targets& into) {
  Program program{.name = "oven",
                  .man_section = 1,
                  .summary = "Bakes.",
                  .sections = {{.title = "Exit codes", .text = "0 done\n.5 half"}},
                  .commands = {}};
  CommandDescription bake{{.name = "tray bake",
                           .summary = "It's hot: [careful].",
                           .details = "For long.",
                           .examples = {{"oven tray bake ~/bread", "crisp"}}},
                          {}};
  bake.arguments.positional("DIR", "what", into.folder, Arguments::Need::kRequired, kFolders);
  bake.arguments.value({"-o,--output", "FORMAT", "how", "text json"}, into.output);
  bake.arguments.flag({"-q,--quiet", "", "say less"}, into.quiet);
  program.commands.push_back(std::move(bake));
  program.commands.push_back({{.name = "tray vent",
                               .summary = "For programs.",
                               .details = {},
                               .examples = {{"oven tray vent", ""}},
                               .audience = CommandText::Audience::kPrograms},
                              {}});
  return program;
}

Program without_commands(Targets& into) {
  Program program{.name = "oven-d",
                  .man_section = 8,
                  .summary = "Keeps warm.",
                  .sections = {},
                  .commands = {{{.name = {},
                                 .summary = "Keeps warm.",
                                 .details = {},
                                 .examples = {{"oven-d --output json", ""}}},
                                {}}}};
  program.commands[0].arguments.value({"--output", "FORMAT", "how", "text json"}, into.output,
                                      Arguments::Need::kRequired);
  return program;
}

TEST(Usage, HelpDescribesProgramsGroupsAndCommands) {
  Targets targets;
  const Program oven = with_commands(targets);
  EXPECT_EQ(help_of(oven, ""),
            "Usage: oven COMMAND [ARGUMENT…]\n\nBakes.\n\nCommands:\n"
            "  tray bake  It's hot: [careful].\n\n"
            "Every command has a --help with examples.\n\nExit codes:\n  0 done\n  .5 half\n");
  EXPECT_THAT(help_of(oven, "tray"), HasSubstr("Usage: oven tray COMMAND"));
  EXPECT_EQ(
      help_of(oven, "tray bake"),
      "Usage: oven tray bake DIR [OPTION…]\n\nIt's hot: [careful].\nFor long.\n\n"
      "Arguments:\n  DIR  what\n\nOptions:\n"
      "  -o, --output FORMAT  how\n  -q, --quiet          say less\n"
      "  -h, --help           print this help\n\nExamples:\n  oven tray bake ~/bread  crisp\n");
  EXPECT_THAT(help_of(oven, "tray vent"), HasSubstr("For programs."));
  EXPECT_THAT(help_of(without_commands(targets), ""),
              AllOf(HasSubstr("Usage: oven-d --output FORMAT [OPTION…]"),
                    HasSubstr("    --version        print the version")));
}

TEST(Usage, FindsTheCommandInTheWords) {
  Targets targets;
  const Program oven = with_commands(targets);
  EXPECT_EQ(name_in({"tray", "bake", "there"}, oven), "tray bake");
  EXPECT_EQ(name_in({"tray", "there"}, oven), "tray");
  EXPECT_EQ(name_in({"there"}, oven), "");
  EXPECT_THAT(words_within("", oven), ElementsAre("tray"));
  EXPECT_THAT(words_within("tray", oven), ElementsAre("bake"));
}

TEST(Usage, AManPageIsLiteral) {
  Targets targets;
  const std::vector<Program> all{with_commands(targets), without_commands(targets)};
  const std::string page = man_page_of(all[0], all, "1.2");
  EXPECT_THAT(page, HasSubstr(".TH OVEN 1 \"\" \"Hearth 1.2\" Hearth\n.SH NAME\noven \\- Bakes\n"));
  EXPECT_THAT(page, HasSubstr(".SS oven tray bake DIR [OPTION…]\nIt\\(aqs hot: [careful].\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-o, \\-\\-output\\fR \\fIFORMAT\\fR\nhow\n"));
  EXPECT_THAT(page, HasSubstr("oven tray bake \\(ti/bread\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&.5 half\n")) << "no request";
  EXPECT_THAT(page, HasSubstr(".SH SEE ALSO\n\\fBoven\\-d\\fR(8)\n"));
  EXPECT_THAT(page, Not(HasSubstr("vent")));
  EXPECT_THAT(man_page_of(all[1], all, "1.2"),
              AllOf(HasSubstr(".TH OVEN\\-D 8"), HasSubstr("\\fB\\-\\-version\\fR")));
}

TEST(Usage, EveryShellCompletesEveryOptionWithItsValues) {
  Targets targets;
  const std::vector<Program> all{with_commands(targets), without_commands(targets)};
  const std::string bash = completion_of(Shell::kBash, all);
  EXPECT_THAT(bash, AllOf(HasSubstr("-o|--output) words='text json' ;;"),
                          HasSubstr("_hearth_paths -d"), HasSubstr("complete -F _oven_d oven-d")));
  const std::string zsh = completion_of(Shell::kZsh, all);
  EXPECT_THAT(zsh, AllOf(HasSubstr("'(-o --output)'{-o+,--output=}'[how]:FORMAT:(text json)'"),
                         HasSubstr("':DIR:_files -/'"), HasSubstr("compdef _oven_d oven-d")));
  const std::string fish = completion_of(Shell::kFish, all);
  EXPECT_THAT(fish, AllOf(HasSubstr("-s o -l output -x -a 'text json' -d 'how'"),
                          HasSubstr("-a bake -d 'It\\'s hot: [careful].'")));
  for (const std::string& script : {bash, zsh, fish}) EXPECT_THAT(script, Not(HasSubstr("vent")));
}

TEST(Usage, ADescriptionMayOutliveItsVariables) {
  Arguments copy;
  {
    Targets targets;
    copy = with_commands(targets).commands[0].arguments.without_targets();
  }
  EXPECT_EQ(copy.declared().size(), 3U);
  EXPECT_EQ(copy.declared()[1].text.help, "how");
}

}  // namespace
}  // namespace hearth::usage
