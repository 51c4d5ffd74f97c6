#include "wire/json_writer.h"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/prng.h"

namespace hearth {
namespace {

std::string written(std::string_view text) {
  return std::move(JsonWriter().value(text)).text();
}

TEST(JsonWriter, WritesObjectsAndLists) {
  JsonWriter out;
  out.begin_object().field("a", 1U).field("b", "x").field("c", true);
  out.field_if_known("none", "").field_if_known("no", std::optional<std::uint16_t>());
  out.field_if_known("some", std::optional<std::uint16_t>(7));
  out.key("list").begin_list().value("p").begin_object().end_object().value(18446744073709551615U);
  out.null().end_list().key("empty").begin_list().end_list().end_object();
  EXPECT_EQ(
      std::move(out).text(),
      R"({"a":1,"b":"x","c":true,"some":7,"list":["p",{},18446744073709551615,null],"empty":[]})");
}

TEST(JsonWriter, EscapesWhatJsonDoesNotAllow) {
  EXPECT_EQ(written("a\"b\\c\nd\te\x01\x1f\x7f"), "\"a\\\"b\\\\c\\nd\\te\\u0001\\u001f\x7f\"");
  EXPECT_EQ(written(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(written("é€😀"), "\"é€😀\"");
}

TEST(JsonWriter, InvalidUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(written("a\xff"
                    "b"),
            "\"a\xEF\xBF\xBD"
            "b\"");
  for (const std::string_view text :
       {"\x80", "\xc2", "\xc0\x80", "\xe2\x82", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_NE(written(text).find("\xEF\xBF\xBD"), std::string::npos);
  }
}

// Goal: no input bytes produce text that a strict parser refuses.
TEST(JsonWriter, AlwaysWritesValidJson) {
  Prng prng(20260301);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    // Half of the bytes are from where the rules of UTF-8 change.
    constexpr std::string_view kEdges =
        "\x7f\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xed\xef\xf0\xf4\xf5\xff";
    for (std::uint64_t left = prng.below(12); left > 0; --left) {
      bytes +=
          prng.chance(500) ? kEdges[prng.below(kEdges.size())] : static_cast<char>(prng.below(256));
    }
    boost::system::error_code ec;
    const boost::json::value value = boost::json::parse(written(bytes), ec);
    ASSERT_FALSE(ec) << "round " << round;
    // Valid UTF-8 is kept as it is: writing it again changes nothing.
    const std::string once(value.as_string());
    ASSERT_EQ(std::string(boost::json::parse(written(once)).as_string()), once);
  }
}

TEST(JsonWriter, WritesThousandthsAsDecimals) {
  JsonWriter out;
  out.begin_list().thousandths(0).thousandths(5).thousandths(250).thousandths(2000).end_list();
  EXPECT_EQ(std::move(out).text(), "[0,0.005,0.25,2]");
}

}  // namespace
}  // namespace hearth
