#include "wire/json_reader.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr JsonLimits kLimits{.bytes_max = 4096};

std::vector<std::string> faults_of(std::string_view text,
                                   const std::function<void(JsonObject&)>& read,
                                   JsonLimits limits = kLimits) {
  std::vector<std::string> shown;
  for (const JsonFault& fault : read_json(text, limits, read)) shown.push_back(show(fault));
  return shown;
}

void read_nothing(JsonObject&) {}

TEST(JsonReader, ReturnsTypedFields) {
  const auto read = [](JsonObject& in) {
    EXPECT_EQ(in.required("text").text(), "é");
    EXPECT_EQ(in.required("flag").boolean(), true);
    EXPECT_EQ(in.required("number").number<std::uint16_t>(), 65535);
    EXPECT_EQ(in.required("largest").number<std::uint64_t>(), 18446744073709551615U);
    EXPECT_EQ(in.required("wait").duration(), Duration(std::chrono::milliseconds(1500)));
    EXPECT_THAT(in.required("list").list([](const JsonValue& v) { return v.number<unsigned>(); }),
                ElementsAre(1U, 2U));
    EXPECT_FALSE(in.optional("absent").present());
    EXPECT_EQ(in.optional("absent").text(), std::nullopt);
  };
  EXPECT_THAT(faults_of(R"({"text":"\u00e9","flag":true,"number":65535,"wait":"1.5s",
                            "largest":18446744073709551615,"list":[1,2.0]})",
                        read),
              IsEmpty());
}

TEST(JsonReader, ReportsEveryFaultWithItsPath) {
  const auto read = [](JsonObject& in) {
    in.required("missing").text();
    in.required("text").text();
    in.optional("flag").boolean();
    JsonObject inner = in.required("inner").object();
    inner.required("wait").duration();
    inner.required("list").each([](const JsonValue& item) {
      JsonObject element = item.object();
      element.required("n").number<std::uint16_t>(1, 9);
    });
  };
  EXPECT_THAT(
      faults_of(R"({"text":1,"flag":"yes","inner":{"wait":"5","list":[{"n":1},{"n":10},3]}})",
                read),
      ElementsAre("$.missing: is missing", "$.text: must be a string, not a number",
                  "$.flag: must be true or false, not a string",
                  HasSubstr("$.inner.wait: must be a duration with a unit"),
                  "$.inner.list[1].n: must be a whole number from 1 to 9",
                  "$.inner.list[2]: must be an object, not a number"));
}

TEST(JsonReader, AWholeNumberIsNeitherNegativeNorBrokenNorTooLarge) {
  for (const char* text : {"-1", "1.5", "65536", "1e30", "18446744073709551616"}) {
    const auto faults = faults_of(std::string(R"({"n":)") + text + "}", [](JsonObject& in) {
      EXPECT_FALSE(in.required("n").number<std::uint16_t>());
    });
    EXPECT_THAT(faults, ElementsAre("$.n: must be a whole number from 0 to 65535")) << text;
  }
}

TEST(JsonReader, AMissingObjectIsReportedOnceWithoutItsFields) {
  const auto read = [](JsonObject& in) {
    JsonObject outer = in.required("outer").object();
    JsonObject inner = outer.required("inner").object();
    inner.required("field").text();
  };
  EXPECT_THAT(faults_of("{}", read), ElementsAre("$.outer: is missing"));
  EXPECT_THAT(faults_of(R"({"outer":[]})", read),
              ElementsAre("$.outer: must be an object, not a list"));
}

TEST(JsonReader, NullIsAbsent) {
  const auto read = [](JsonObject& in) {
    EXPECT_EQ(in.optional("a").number<unsigned>(), std::nullopt);
    in.required("b").text();
  };
  EXPECT_THAT(faults_of(R"({"a":null,"b":null})", read), ElementsAre("$.b: is missing"));
}

TEST(JsonReader, QuotesUnusualKeysAndKeepsThemOnOneLine) {
  const auto read = [](JsonObject& in) {
    in.each([](std::string_view, const JsonValue& value) { value.text(); });
  };
  EXPECT_THAT(faults_of(R"({"10.0.0.1":1,"a\nb\u001b":2,"plain_1":3})", read),
              ElementsAre(HasSubstr("$[\"10.0.0.1\"]: "), HasSubstr("$[\"a?b?\"]: "),
                          HasSubstr("$.plain_1: ")));
}

TEST(JsonReader, RefusesUnknownKeysAndSuggestsTheNearest) {
  const auto read = [](JsonObject& in) {
    in.optional("dead_after").text();
    in.optional("suspect_after").text();
    in.forbidden("secret", "not here");
    in.refuse_unknown();
  };
  EXPECT_THAT(faults_of(R"({"deadafter":1,"colour":2,"secret":3})", read),
              ElementsAre("$.secret: not here",
                          "$.deadafter: unknown key; did you mean \"dead_after\"? (known keys: "
                          "dead_after, suspect_after)",
                          "$.colour: unknown key (known keys: dead_after, suspect_after)"));
}

TEST(JsonReader, IgnoresUnknownKeysUnlessAskedToRefuseThem) {
  const auto read = [](JsonObject& in) { in.optional("a").text(); };
  EXPECT_THAT(faults_of(R"({"a":"x","b":{"c":[1]}})", read), IsEmpty());
}

TEST(JsonReader, RefusesDuplicateKeysWhereAskedTo) {
  const JsonLimits for_people{.bytes_max = 4096, .duplicate_keys = DuplicateKeys::kRefuse};
  const std::string_view text = R"({"1":{"ip":1},"l":[{"a":1},{"a":1,"b":2,"\u0061":3}],"1":{}})";
  EXPECT_THAT(faults_of(text, read_nothing, for_people),
              ElementsAre("$.l[1].a: duplicate key; keep one of the two",
                          "$.1: duplicate key; keep one of the two"));
  EXPECT_THAT(faults_of(text, read_nothing), IsEmpty());
}

TEST(JsonReader, ReportsInvalidJsonWithLineAndColumn) {
  EXPECT_THAT(faults_of("{\n  \"a\": 1,\n  b\n}", read_nothing),
              ElementsAre("$: invalid JSON: syntax error at line 3, column 3"));
  for (const std::string_view text :
       {"", " ", "{", "{}{}", "{\"a\":01}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}",
        "{\"a\":\"\\ud800\"}", "{\"a\":1,}", "nul", "// {}", "{\"a\":\"\n\"}"}) {
    EXPECT_THAT(faults_of(text, read_nothing), ElementsAre(HasSubstr("$: invalid JSON: "))) << text;
  }
}

TEST(JsonReader, TheDocumentMustBeAnObject) {
  EXPECT_THAT(faults_of("[]", read_nothing), ElementsAre("$: must be an object, not a list"));
  EXPECT_THAT(faults_of("null", read_nothing), ElementsAre("$: must be an object, not null"));
}

TEST(JsonReader, IgnoresAByteOrderMark) {
  EXPECT_THAT(faults_of("\xEF\xBB\xBF{}", read_nothing), IsEmpty());
}

TEST(JsonReader, RefusesTooLongAndTooDeepAtTheBound) {
  const auto padded = [](std::size_t size) { return "{}" + std::string(size - 2, ' '); };
  EXPECT_THAT(faults_of(padded(kLimits.bytes_max), read_nothing), IsEmpty());
  EXPECT_THAT(faults_of(padded(kLimits.bytes_max + 1), read_nothing),
              ElementsAre("$: has 4097 bytes; the limit is 4096"));

  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_THAT(faults_of(nested(kJsonDepthMax), read_nothing), IsEmpty());
  EXPECT_THAT(faults_of(nested(kJsonDepthMax + 1), read_nothing),
              ElementsAre("$: is nested too deeply; the limit is 32 levels"));
  EXPECT_THAT(faults_of(nested(2000), read_nothing), SizeIs(1));
}

TEST(JsonReader, FaultsBeyondTheBoundAreDropped) {
  std::string text = R"({"list":[0)";
  for (std::size_t i = 0; i < 2 * kJsonFaultsMax; ++i) text += ",0";
  const auto read = [](JsonObject& in) {
    in.required("list").each([](const JsonValue& item) { item.text(); });
  };
  EXPECT_THAT(faults_of(text + "]}", read), SizeIs(kJsonFaultsMax));
}

TEST(JsonReader, AnErrorHasOneFaultPerLine) {
  const Error error = error_of(ErrorCode::kCorrupt, {{"$.a", "is missing"}, {"$.b", "is odd"}});
  EXPECT_EQ(error, (Error{ErrorCode::kCorrupt, "$.a: is missing\n$.b: is odd"}));
}

}  // namespace
}  // namespace hearth
