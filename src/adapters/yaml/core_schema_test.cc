#include "adapters/yaml/core_schema.h"

#include <gtest/gtest.h>

namespace hearth::yaml {
namespace {

using Kind = PlainScalar::Kind;

std::string json_of(std::string_view text) {
  const PlainScalar scalar = resolve_plain(text);
  return scalar.kind == Kind::kText ? "text" : scalar.json;
}

TEST(CoreSchema, KnowsNullAndBooleans) {
  for (const char* null : {"", "~", "null", "Null", "NULL"}) {
    EXPECT_EQ(resolve_plain(null), (PlainScalar{.kind = Kind::kNull, .json = "null"})) << null;
  }
  for (const char* yes : {"true", "True", "TRUE"}) {
    EXPECT_EQ(resolve_plain(yes), (PlainScalar{.kind = Kind::kBoolean, .json = "true"})) << yes;
  }
  EXPECT_EQ(json_of("False"), "false");
}

TEST(CoreSchema, WritesNumbersAsJsonDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},
      {"-0", "-0"},
      {"42", "42"},
      {"+42", "42"},
      {"1.10", "1.10"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"5.", "5.0"},
      {"1e3", "1e3"},
      {"1.5E-7", "1.5E-7"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"18446744073709551615", "18446744073709551615"},
  };
  for (const auto& [text, json] : cases) EXPECT_EQ(json_of(text), json) << text;
}

TEST(CoreSchema, TheRestIsText) {
  for (const char* text : {"no",    "yes",     "on",
                           "off",   "y",       "n",
                           "NO",    "0755",    "00",
                           "-01",   "1:30",    "1_000",
                           ".",     "-",       "+",
                           "e3",    "1e",      "1e+",
                           "0x",    "0xg",     "0o8",
                           "1.2.3", "8080:80", ".inf",
                           "-.inf", ".nan",    "1e999",
                           "tRUE",  "nULL",    " 1",
                           "1 ",    "--1",     "0x1ffffffffffffffff"}) {
    EXPECT_EQ(resolve_plain(text).kind, Kind::kText) << text;
  }
}

}  // namespace
}  // namespace hearth::yaml
