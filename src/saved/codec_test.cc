#include "saved/codec.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "model/digest.h"
#include "model/ids.h"
#include "model/node.h"

namespace hearth::saved {

// Not in an unnamed namespace: the compiler spells the names of their fields.
namespace test_types {

enum class Colour : std::uint8_t { kRed, kGreen, kBlue };

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  auto operator<=>(const Point&) const = default;
};
struct Turned {
  std::int32_t y = 0;
  std::int32_t x = 0;
};
struct Offset {
  std::int32_t x = 0;
  std::int32_t y = 0;
};
/// The first two fields have no default constructor.
struct Link {
  NodeName from;
  NodeName to;
  std::optional<NodeName> by;
  bool operator==(const Link&) const = default;
};
struct Wide {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
  bool operator==(const Wide&) const = default;
};
class Sealed {
 public:
  struct State {
    std::uint16_t inside = 0;
  };
  explicit Sealed(State state) : state_(state) {}
  State save() const { return state_; }
  std::uint16_t inside() const { return state_.inside; }

 private:
  State state_;
};

}  // namespace test_types

namespace {

using namespace test_types;
using testing::HasSubstr;

template <class T>
std::string bytes_of(const T& value) {
  ByteWriter out;
  write(value, out);
  return out.take();
}
template <class T>
Result<T> value_of(std::string_view bytes) {
  ByteReader in(bytes, 0);
  std::optional<T> value = read<T>(in);
  EXPECT_EQ(value.has_value(), !in.fault());
  if (!value) return tl::unexpected(*in.fault());
  EXPECT_EQ(in.left(), 0U);
  return *std::move(value);
}
template <class T>
std::string fault_of(std::string_view bytes) {
  const Result<T> value = value_of<T>(bytes);
  return value ? "none" : value.error().message;
}
template <class T>
std::string description_of() {
  std::string words;
  describe<T>(words);
  return words;
}
template <class T>
void expect_round_trip(const T& value) {
  const std::string bytes = bytes_of(value);
  const Result<T> again = value_of<T>(bytes);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == value);
  EXPECT_EQ(bytes_of(*again), bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT(fault_of<T>(bytes.substr(0, length)), HasSubstr("damaged at byte"));
  }
}

NodeName node(std::string_view text) {
  return *NodeName::parse(text);
}

TEST(Codec, EveryKindOfValueReadsBackAndIsRefusedIfTruncated) {
  expect_round_trip(std::numeric_limits<std::uint64_t>::max());
  expect_round_trip(std::numeric_limits<std::int64_t>::min());
  expect_round_trip(std::int32_t{-2});
  expect_round_trip(std::uint16_t{0xabcd});
  expect_round_trip(true);
  expect_round_trip(Colour::kBlue);
  expect_round_trip(std::string("a\0b\xff", 4));
  expect_round_trip(Duration(-5));
  expect_round_trip(MonoTime::max());
  expect_round_trip(WallTime(std::chrono::milliseconds(7)));
  expect_round_trip(node("edge-7"));
  expect_round_trip(std::optional<std::optional<int>>(std::optional<int>()));
  expect_round_trip(std::optional<Point>());
  expect_round_trip(std::vector<std::string>{"", "b", "a"});
  expect_round_trip(std::deque<Point>{{1, -1}, {0, 0}});
  expect_round_trip(std::set<Point>{{1, -1}, {0, 0}});
  expect_round_trip(
      std::map<NodeName, std::vector<bool>::size_type>{{node("a"), 1}, {node("b"), 0}});
  expect_round_trip(std::pair(node("a"), Colour::kGreen));
  expect_round_trip(std::array<std::uint64_t, 4>{1, 2, 3, 4});
  expect_round_trip(std::variant<Point, std::string>("second"));
  expect_round_trip(Link{.from = node("a"), .to = node("b"), .by = node("c")});
  expect_round_trip(Wide{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  EXPECT_EQ(value_of<Sealed>(bytes_of(Sealed({.inside = 7})))->inside(), 7);
}

TEST(Codec, IntegersAreLittleEndian) {
  EXPECT_EQ(bytes_of(std::uint32_t{0x01020304}), "\x04\x03\x02\x01");
  EXPECT_EQ(bytes_of(std::int16_t{-2}), "\xfe\xff");
  EXPECT_EQ(bytes_of(Point{.x = 1, .y = 2}), std::string("\1\0\0\0\2\0\0\0", 8));
}

TEST(Codec, WhatEncodesNoValueIsRefusedWithItsOffset) {
  EXPECT_EQ(fault_of<bool>("\2"), "damaged at byte 0: choice 2 of 2");
  EXPECT_EQ(fault_of<Colour>("\3"), "damaged at byte 0: choice 3 of 3");
  EXPECT_EQ(fault_of<std::optional<bool>>("\1\7"), "damaged at byte 1: choice 7 of 2");
  using Choice = std::variant<bool, std::string>;
  EXPECT_EQ(fault_of<Choice>("\2"), "damaged at byte 0: choice 2 of 2");
  EXPECT_THAT(fault_of<NodeName>(bytes_of(std::string("Not A Name"))),
              HasSubstr("damaged at byte 4: "));
  EXPECT_THAT(fault_of<Digest>(bytes_of(std::string("sha256:00"))), HasSubstr("at byte 4: "));
}

TEST(Codec, KeysThatDoNotAscendAreRefused) {
  const std::vector<int> down{2, 1};
  const std::vector<int> twice{1, 1};
  EXPECT_EQ(fault_of<std::set<int>>(bytes_of(down)), "damaged at byte 8: a set out of order");
  EXPECT_EQ(fault_of<std::set<int>>(bytes_of(twice)), "damaged at byte 8: a set out of order");
  const std::vector<std::pair<int, bool>> map_down{{2, true}, {1, true}};
  EXPECT_EQ((fault_of<std::map<int, bool>>(bytes_of(map_down))),
            "damaged at byte 9: a map out of order");
}

// Goal: a false count costs no memory. Method: counts of four billion elements with no bytes after
// them, or with a few.
TEST(Codec, ACountThatExceedsTheBytesLeftIsRefused) {
  const std::string lie("\xff\xff\xff\xff", 4);
  const std::string expected = "damaged at byte 0: a count of 4294967295 where 0 bytes are left";
  EXPECT_EQ(fault_of<std::string>(lie), expected);
  EXPECT_EQ(fault_of<std::vector<Wide>>(lie), expected);
  EXPECT_EQ(fault_of<std::deque<Wide>>(lie), expected);
  EXPECT_EQ(fault_of<std::set<int>>(lie), expected);
  EXPECT_EQ((fault_of<std::map<int, int>>(lie)), expected);
  EXPECT_EQ(fault_of<std::vector<Wide>>(std::string("\x08\0\0\0somebyte", 12)),
            "damaged at byte 12: 4 bytes wanted where 0 are left");
}

TEST(Codec, AfterTheFirstFaultNothingIsTaken) {
  ByteReader in("\7\1\1", 100);
  EXPECT_EQ(read<bool>(in), std::nullopt);
  EXPECT_EQ(read<bool>(in), std::nullopt);
  EXPECT_EQ(in.left(), 2U);
  EXPECT_EQ(in.fault()->message, "damaged at byte 100: choice 7 of 2");
}

TEST(Codec, ADescriptionTellsTypesFieldsAndEnumeratorsByTheirNames) {
  EXPECT_NE(description_of<Point>(), description_of<Turned>());
  EXPECT_NE(description_of<Point>(), description_of<Offset>());
  EXPECT_THAT(description_of<Colour>(), HasSubstr("kGreen"));
  EXPECT_THAT(description_of<std::optional<Link>>(), HasSubstr("by"));
  EXPECT_NE(description_of<std::uint16_t>(), description_of<std::int16_t>());
  EXPECT_NE(description_of<MonoTime>(), description_of<Duration>());
  EXPECT_NE(description_of<WallTime>(), description_of<MonoTime>());
}

TEST(Fields, AreCountedAndSoAreEnumerators) {
  EXPECT_EQ(kFieldCount<Point>, 2U);
  EXPECT_EQ(kFieldCount<Link>, 3U);
  EXPECT_EQ(kFieldCount<Wide>, 16U);
  EXPECT_EQ(kFieldCount<Epoch>, 1U);
  EXPECT_EQ(kEnumeratorCount<Colour>, 3U);
  EXPECT_EQ(kEnumeratorCount<NodeState>, static_cast<std::size_t>(NodeState::kDead) + 1);
}

}  // namespace
}  // namespace hearth::saved
