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

TEST_F(ReadWords, AcceptsOptionsInEveryNotation) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-o", "json"}, {"-ojson"}, {"--output", "json"}, {"--output=json"}, {"-qfojson"}}) {
    output_.clear();
    EXPECT_EQ(fault_of(words), "none");
    EXPECT_EQ(output_, "json");
  }
  EXPECT_TRUE(follow_);
  EXPECT_TRUE(quiet_);
}

TEST_F(ReadWords, AcceptsPositionalsAnywhereAndAnythingAfterTwoDashes) {
  EXPECT_EQ(fault_of({"there", "--tail", "5"}), "none");
  EXPECT_EQ(folder_, "there");
  EXPECT_EQ(fault_of({"--tail=5", "--", "--tail"}), "none");
  EXPECT_EQ(folder_, "--tail");
  EXPECT_EQ(fault_of({"-"}), "none");
  EXPECT_EQ(folder_, "-") << "conventionally standard input";
}

TEST_F(ReadWords, OfARepeatedOptionTheLastCountsAndOfAListEach) {
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

TEST_F(ReadWords, ErrorsNameTheArgument) {
  EXPECT_EQ(fault_of({"--tail"}), "--tail requires a value");
  EXPECT_EQ(fault_of({"-o"}), "--output requires a value");
  EXPECT_EQ(fault_of({"--tail", "101"}), "--tail: '101': must be a whole number from 0 to 100");
  EXPECT_EQ(fault_of({"--tali", "1"}), "unknown option '--tali'; did you mean '--tail'?");
  EXPECT_EQ(fault_of({"-fx"}), "unknown option '-x'");
  EXPECT_EQ(fault_of({"--follow=false"}), "--follow accepts no value");
  EXPECT_EQ(fault_of({"a", "b"}), "unexpected argument 'b'");
  EXPECT_EQ(fault_of({"--out", "json"}), "unknown option '--out'") << "no abbreviations";
}

TEST_F(ReadWords, AnEmptyValueIsRefused) {
  EXPECT_EQ(fault_of({"--output", ""}), "--output requires a non-empty value");
  EXPECT_EQ(fault_of({"--env="}), "--env requires a non-empty value");
  EXPECT_EQ(fault_of({""}), "DIR requires a non-empty value");
}

TEST_F(ReadWords, FillsNothingUnlessEverythingIsValid) {
  EXPECT_NE(fault_of({"there", "--tail", "5", "--nonsense"}), "none");
  EXPECT_EQ(folder_, "");
  EXPECT_EQ(tail_, 0U);
}

TEST(ReadWordsRequired, IsReportedIfMissing) {
  std::string folder;
  std::string name;
  Arguments arguments;
  arguments.positional("DIR", "a folder", folder);
  arguments.value({"-n,--name", "NAME", "a name"}, name, Arguments::Need::kRequired);
  EXPECT_EQ(read_words({}, arguments).error().message, "DIR is required");
  EXPECT_EQ(read_words({"x"}, arguments).error().message, "--name is required");
}

TEST(AsksForHelp, OnlyBeforeTwoDashes) {
  EXPECT_TRUE(asks_for_help({"x", "-h"}));
  EXPECT_TRUE(asks_for_help({"--help"}));
  EXPECT_FALSE(asks_for_help({"--", "--help"}));
}

}  // namespace
}  // namespace hearth::usage
