#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/usage/arguments.h"

namespace hearth::usage {
namespace {

using testing::ElementsAre;

class ReadWords : public testing::Test {
 protected:
  ReadWords() {
    arguments_.positional("DIR", "a folder", folder_, Arguments::Need::kOptional);
    arguments_.flag({"-f,--follow", "", "go on"}, follow_);
    arguments_.flag({"-q", "", "say less"}, quiet_);
    arguments_.value({"-o,--output", "FORMAT", "how"}, output_);
    arguments_.value({"--tail", "N", "lines"}, tail_, 0, 100);
    arguments_.list({"--env", "K=V", "a variable"}, environment_);
  }

  std::string fault_of(const std::vector<std::string>& words) {
    const Result<void> read = read_words(words, arguments_);
    if (read) return "none";
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
    return read.error().message;
  }

  Arguments arguments_;
  std::string folder_;
  bool follow_ = false;
  bool quiet_ = false;
  std::string output_;
  std::uint32_t tail_ = 0;
  std::vector<std::string> environment_;
};

TEST_F(ReadWords, TakesOptionsInEveryWayOfWritingThem) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-o", "json"}, {"-ojson"}, {"--output", "json"}, {"--output=json"}, {"-qfojson"}}) {
    output_.clear();
    EXPECT_EQ(fault_of(words), "none");
    EXPECT_EQ(output_, "json");
  }
  EXPECT_TRUE(follow_);
  EXPECT_TRUE(quiet_);
}

TEST_F(ReadWords, TakesPositionalsAnywhereAndEverythingBehindTheTwoDashes) {
  EXPECT_EQ(fault_of({"there", "--tail", "5"}), "none");
  EXPECT_EQ(folder_, "there");
  EXPECT_EQ(fault_of({"--tail=5", "--", "--tail"}), "none");
  EXPECT_EQ(folder_, "--tail");
  EXPECT_EQ(fault_of({"-"}), "none");
  EXPECT_EQ(folder_, "-") << "standard input, as others write it";
}

TEST_F(ReadWords, OfWhatIsGivenTwiceTheLastCountsAndOfAListEach) {
  EXPECT_EQ(fault_of({"-o", "a", "--output=b", "--env", "x", "--env=y=z"}), "none");
  EXPECT_EQ(output_, "b");
  EXPECT_THAT(environment_, ElementsAre("x", "y=z"));
}

TEST_F(ReadWords, AValueMayBeginWithADash) {
  EXPECT_EQ(fault_of({"-o", "-f", "--env", "--tail"}), "none");
  EXPECT_EQ(output_, "-f");
  EXPECT_FALSE(follow_);
  EXPECT_THAT(environment_, ElementsAre("--tail"));
}

TEST_F(ReadWords, WhatIsWrongIsNamed) {
  EXPECT_EQ(fault_of({"--tail"}), "--tail needs a value");
  EXPECT_EQ(fault_of({"-o"}), "--output needs a value");
  EXPECT_EQ(fault_of({"--tail", "101"}), "--tail: '101': must be a whole number from 0 to 100");
  EXPECT_EQ(fault_of({"--tali", "1"}), "there is no option '--tali'; did you mean '--tail'?");
  EXPECT_EQ(fault_of({"-fx"}), "there is no option '-x'");
  EXPECT_EQ(fault_of({"--follow=false"}), "--follow takes no value");
  EXPECT_EQ(fault_of({"a", "b"}), "'b' is one argument too many");
  EXPECT_EQ(fault_of({"--out", "json"}), "there is no option '--out'") << "written out";
}

TEST_F(ReadWords, AnEmptyValueIsAVariableThatWasNotSet) {
  EXPECT_EQ(fault_of({"--output", ""}), "--output needs a value that is not empty");
  EXPECT_EQ(fault_of({"--env="}), "--env needs a value that is not empty");
  EXPECT_EQ(fault_of({""}), "DIR needs a value that is not empty");
}

TEST_F(ReadWords, FillsNothingBeforeAllOfItIsUnderstood) {
  EXPECT_NE(fault_of({"there", "--tail", "5", "--nonsense"}), "none");
  EXPECT_EQ(folder_, "");
  EXPECT_EQ(tail_, 0U);
}

TEST(ReadWordsRequired, IsAskedFor) {
  std::string folder;
  std::string name;
  Arguments arguments;
  arguments.positional("DIR", "a folder", folder);
  arguments.value({"-n,--name", "NAME", "a name"}, name, Arguments::Need::kRequired);
  EXPECT_EQ(read_words({}, arguments).error().message, "DIR is required");
  EXPECT_EQ(read_words({"x"}, arguments).error().message, "--name is required");
}

TEST(AsksForHelp, BeforeTheTwoDashesOnly) {
  EXPECT_TRUE(asks_for_help({"x", "-h"}));
  EXPECT_TRUE(asks_for_help({"--help"}));
  EXPECT_FALSE(asks_for_help({"--", "--help"}));
}

}  // namespace
}  // namespace hearth::usage
