#include "base/name.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

using ThingName = Name<struct ThingTag>;

TEST(Name, AcceptsWhatTopicsAndHostsCanCarry) {
  for (const std::string& text : {std::string("a"), std::string("0"), std::string("heater-1"),
                                  std::string("a-"), std::string(63, 'x')}) {
    EXPECT_TRUE(ThingName::parse(text).has_value()) << text;
  }
}

TEST(Name, RefusesEverythingElseAndSaysWhatIsAccepted) {
  for (const std::string_view text : {"-a", "A", "a_b", "a.b", "a b", "é", "a\n", "../x"}) {
    const Result<ThingName> name = ThingName::parse(text);
    ASSERT_FALSE(name.has_value()) << text;
    EXPECT_EQ(name.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(name.error().message.find("[a-z0-9]"), std::string::npos) << name.error().message;
  }
  EXPECT_NE(name_fault(""), "");
  EXPECT_NE(name_fault(std::string(64, 'x')), "");
}

TEST(Name, AFaultNeverEchoesControlCharactersOrEndlessInput) {
  EXPECT_EQ(name_fault("a\033[2J").find('\033'), std::string::npos);
  EXPECT_LT(name_fault(std::string(100'000, 'x')).size(), 200U);
}

}  // namespace
}  // namespace hearth
