#include "adapters/yaml/yaml_document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/json_reader.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

std::string json_of(std::string_view text, const YamlOptions& options = {}) {
  const auto document = YamlDocument::parse(text, options);
  if (document) return document->json();
  return fmt::format("{}:{}: {}", document.error()[0].place.line, document.error()[0].place.column,
                     document.error()[0].what);
}

std::vector<TextFault> faults_of(std::string_view text) {
  const auto document = YamlDocument::parse(text, {});
  return document ? std::vector<TextFault>{} : document.error();
}

/// "LINE:COLUMN".
std::string place(std::string_view text, std::string_view path) {
  const auto document = YamlDocument::parse(text, {});
  if (!document) return "does not parse";
  const TextPlace place = document->place_of(path);
  return fmt::format("{}:{}", place.line, place.column);
}

TEST(Yaml, BecomesJson) {
  EXPECT_EQ(json_of("name: heater\nlist:\n  - a\n  - 8080:80\nobject: {a: 1, b: [true, ~]}\n"),
            R"({"name":"heater","list":["a","8080:80"],"object":{"a":1,"b":[true,null]}})");
  EXPECT_EQ(json_of("a: |\n  one\n  two\nb: >\n  one\n  two\nc: 'it''s'\nd: \"q\\ttab\\u00e9\"\n"),
            R"({"a":"one\ntwo\n","b":"one two\n","c":"it's","d":"q\ttabé"})");
  EXPECT_EQ(json_of("---\n# comment\na: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(json_of("\xEF\xBB\xBF"
                    "a: 1\n"),
            R"({"a":1})");
  EXPECT_EQ(json_of("- a\n"), R"(["a"])");
}

TEST(Yaml, WhatIsQuotedIsText) {
  EXPECT_EQ(json_of("a: '1'\nb: \"true\"\nc: !!str 1\nd: !!str\ne: |-\n  1\n"),
            R"({"a":"1","b":"true","c":"1","d":"","e":"1"})");
}

TEST(Yaml, JsonIsYaml) {
  for (const std::string_view json :
       {R"({"a":1,"b":[1.5,-2e3,"x",true,false,null],"c":{"d":{}},"e":[]})", R"({})",
        R"({"a":"\u00e9\/\ud83d\ude00\n\\\"","b":"no: # not a comment"})"}) {
    const auto as_read = [](std::string_view text) {
      std::vector<std::string> seen;
      (void)read_json(text, {.bytes_max = 1000}, [&](JsonObject& in) {
        in.each([&](std::string_view key, const JsonValue& value) {
          seen.push_back(std::string(key) + (value.is_text() ? std::string(*value.text()) : ""));
        });
      });
      return seen;
    };
    EXPECT_EQ(as_read(json_of(json)), as_read(json)) << json;
  }
  EXPECT_EQ(json_of("{\n\t\"a\": 1,\n\t\"b\": [\n\t\t2\n\t]\n}\n"), R"({"a":1,"b":[2]})");
}

TEST(Yaml, TextsAreTakenAsWrittenWhereTheReaderSaysSo) {
  EXPECT_EQ(
      json_of("v: 1.10\nenvironment: {A: 1.10, B: yes, C: true, D: 007, E: ~, F: ''}\n",
              {.texts_below = {"environment"}}),
      R"({"v":1.10,"environment":{"A":"1.10","B":"yes","C":"true","D":"007","E":null,"F":""}})");
}

TEST(Yaml, KnowsThePlaceOfEveryValue) {
  constexpr std::string_view kText =
      "name: heater\n"
      "ports:\n"
      "  - \"80:80\"\n"
      "  - {host: 1,\n"
      "     container: x}\n"
      "a b: [1]\n"
      "none:\n";
  EXPECT_EQ(place(kText, "$"), "1:1");
  EXPECT_EQ(place(kText, "$.name"), "1:7");
  EXPECT_EQ(place(kText, "$.ports"), "2:1");
  EXPECT_EQ(place(kText, "$.ports[0]"), "3:5");
  EXPECT_EQ(place(kText, "$.ports[1]"), "4:5");
  EXPECT_EQ(place(kText, "$.ports[1].container"), "5:17");
  EXPECT_EQ(place(kText, "$[\"a b\"][0]"), "6:7");
  EXPECT_EQ(place(kText, "$.none"), "7:1");
  // Of what is not there, the nearest that contains it.
  EXPECT_EQ(place(kText, "$.ports[1].protocol"), "4:5");
  EXPECT_EQ(place(kText, "$.ports[7]"), "2:1");
  EXPECT_EQ(place(kText, "$.names"), "1:1");
}

TEST(Yaml, RefusesDuplicateKeysWithBothPlaces) {
  EXPECT_THAT(
      faults_of("a: 1\nb: {c: 1, c: 2}\na: 3\n"),
      ElementsAre(TextFault{{2, 11}, "duplicate key \"c\": the first is in line 2, column 5"},
                  TextFault{{3, 1}, "duplicate key \"a\": the first is in line 1, column 1"}));
}

TEST(Yaml, RepeatsAnchorsWithinABound) {
  EXPECT_EQ(json_of("a: &x [1, {b: 2}]\nc: *x\n"), R"({"a":[1,{"b":2}],"c":[1,{"b":2}]})");
  EXPECT_EQ(json_of("a: *x\n"), "1:5: there is no anchor &x before it");
  EXPECT_EQ(json_of("a: &x [*x]\n"), "1:9: there is no anchor &x before it");
  // A billion laughs.
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    laughs += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n",
                          i, i - 1);
  }
  EXPECT_THAT(json_of(laughs), HasSubstr("repeats too many values; the limit of a file is 20000"));
  // Few nodes of much text.
  std::string large = "a: &a '" + std::string(100'000, 'x') + "'\nb: [";
  for (int i = 0; i < 20; ++i) large += "*a, ";
  EXPECT_THAT(json_of(large + "]\n"), HasSubstr("is too large with all that its aliases repeat"));
}

TEST(Yaml, RefusesMergeKeysTagsAndKeysThatAreNoNames) {
  EXPECT_EQ(json_of("<<: {a: 1}\n"),
            "1:1: merge keys (<<) are not supported: write the members out");
  EXPECT_THAT(faults_of("a: !!int 3\nb: !foo [x]\n"),
              ElementsAre(TextFault{{1, 10}, "has the tag !!int: only !!str is known"},
                          TextFault{{2, 9}, "has the tag !foo: only !!str is known"}));
  for (const char* text : {"? [a]\n: b\n", "? {a: b}\n: c\n", "a: &x b\n*x : c\n"}) {
    EXPECT_THAT(json_of(text), HasSubstr("a key must be a name")) << text;
  }
}

TEST(Yaml, HoldsOneDocument) {
  EXPECT_EQ(json_of("a: 1\n---\nb: 2\n"), "2:1: begins another document: a file holds one");
  EXPECT_EQ(json_of(""), "1:1: is empty");
  EXPECT_EQ(json_of("# nothing\n"), "1:1: is empty");
}

TEST(Yaml, IsBounded) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(json_of(nested(kJsonDepthMax)), nested(kJsonDepthMax));
  EXPECT_EQ(json_of(nested(kJsonDepthMax + 1)),
            "1:33: is nested too deeply; the limit is 32 levels");
  EXPECT_THAT(json_of(nested(20'000)), HasSubstr("is nested too deeply"));

  const auto padded = [](std::size_t bytes) { return "a: 1\n" + std::string(bytes - 5, '#'); };
  EXPECT_EQ(json_of(padded(256UL * 1024)), R"({"a":1})");
  EXPECT_EQ(json_of(padded(256UL * 1024 + 1)), "1:1: has 262145 bytes; the limit is 262144");

  const auto list = [](std::size_t items) {
    std::string text = "[0";
    for (std::size_t i = 1; i < items; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_EQ(json_of(list(kYamlNodesMax - 1)), list(kYamlNodesMax - 1));
  EXPECT_THAT(json_of(list(kYamlNodesMax)), HasSubstr("has too many values; the limit is 20000"));
}

TEST(Yaml, AtMostSoManyFaultsAreKept) {
  std::string text;
  for (std::size_t i = 0; i < 2 * kYamlFaultsMax; ++i) text += "a: 1\n";
  EXPECT_THAT(faults_of(text), SizeIs(kYamlFaultsMax));
}

TEST(Yaml, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(json_of("a: b\nc: \xff\n"), "2:4: is not UTF-8: save the file in this encoding");
  for (const char* bytes : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_THAT(json_of(std::string("a: ") + bytes), HasSubstr("is not UTF-8")) << bytes;
  }
  EXPECT_EQ(json_of(std::string_view("a: \0\n", 5)), "1:4: has a NUL character");
  EXPECT_EQ(json_of("é: [ü, €, 😀]\n"), R"({"é":["ü","€","😀"]})");
}

TEST(Yaml, SaysWhereTheSyntaxIsWrong) {
  EXPECT_THAT(json_of("a: 1\n\tb: 2\n"), StartsWith("1:4: "));
  EXPECT_EQ(json_of("a:\n\tb: 2\n"), "2:1: tab character may not be used as indentation");
  EXPECT_THAT(json_of("a: [1, 2\nb: 3\n"), HasSubstr("without a closing bracket"));
  EXPECT_THAT(json_of("a: @x\n"), StartsWith("1:4: plain scalar cannot start with '@'"));
  EXPECT_EQ(json_of("a: b: c\n"), "1:5: invalid nested block mapping on the same line");
}

TEST(ShowLine, PointsAtTheColumn) {
  EXPECT_EQ(show_line("one\nkey: @x\n", {2, 6}), "    key: @x\n         ^");
  EXPECT_EQ(show_line("é: @\n", {1, 4}), "    é: @\n       ^");
  EXPECT_EQ(show_line("a:\x1b[31m\t@\n", {1, 9}), "    a: [31m @\n            ^");
  EXPECT_EQ(show_line("one\n", {3, 1}), "");
  EXPECT_EQ(show_line("\none\n", {1, 1}), "");
  EXPECT_EQ(show_line("one\n", {1, 9}), "");
  EXPECT_EQ(show_line(std::string(500, 'a'), {1, 1}), "    " + std::string(100, 'a') + "\n    ^");
}

}  // namespace
}  // namespace hearth
