#include "wire/percent_coding.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(PercentCoding, DecodesWhatItEncodes) {
  std::string every;
  for (int byte = 1; byte < 256; ++byte) every += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
  EXPECT_EQ(percent_encode("heater-1_a.b~c"), "heater-1_a.b~c");
  EXPECT_EQ(percent_encode("a/b c"), "a%2Fb%20c");
  EXPECT_EQ(percent_encode("?&=#%+\n\xc3"), "%3F%26%3D%23%25%2B%0A%C3");
}

TEST(PercentCoding, LeavesUnencodedTextAlone) {
  EXPECT_EQ(percent_decode("a+b/é|\"{}"), "a+b/é|\"{}");
  EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentCoding, RefusesBrokenEscapesAndNul) {
  for (const char* text : {"%", "%4", "%zz", "a%g0", "%00", "a%0"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hearth
