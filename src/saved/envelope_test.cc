#include "saved/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::saved {
namespace {

using testing::HasSubstr;

constexpr Envelope kOurs{.owner = Owner::kManager, .layout = 7};
constexpr std::string_view kBody = "what is in it";

std::string sealed() {
  return seal(kOurs, kBody);
}

/// "code: message"
std::string fault_of(std::string_view bytes, const Envelope& wanted = kOurs) {
  const Result<std::string_view> body = open(wanted, bytes);
  return body ? "none" : std::string(name_of(body.error().code)) + ": " + body.error().message;
}

TEST(Envelope, ReturnsItsBody) {
  EXPECT_EQ(open(kOurs, sealed()), kBody);
  EXPECT_EQ(open(kOurs, seal(kOurs, "")), "");
}

TEST(Envelope, IsRefusedWhereverItIsTruncated) {
  const std::string bytes = sealed();
  ASSERT_EQ(bytes.size(), kHeaderBytes + kBody.size());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT(fault_of(bytes.substr(0, length)),
                HasSubstr("corrupt: saved state of the manager: truncated at byte " +
                          std::to_string(length)));
  }
  EXPECT_EQ(fault_of(bytes + "more"),
            "corrupt: saved state of the manager: damaged at byte 53: it ends there, but 4 bytes "
            "follow");
}

TEST(Envelope, EveryFlippedBitIsDetected) {
  const std::string bytes = sealed();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(fault_of(damaged), HasSubstr("byte")) << "bit " << bit;
  }
}

TEST(Envelope, OfAnotherBuildOrOwnerIsAConflict) {
  EXPECT_THAT(fault_of(sealed(), {.owner = Owner::kManager, .layout = 8}),
              HasSubstr("conflict: saved state of the manager: at byte 16: another build"));
  EXPECT_THAT(fault_of(sealed(), {.owner = Owner::kAgent, .layout = 7}),
              HasSubstr("conflict: saved state of the agent: at byte 12: "));
  std::string newer = sealed();
  newer[8] = static_cast<char>(kFormat + 1);
  EXPECT_THAT(fault_of(newer),
              HasSubstr("conflict: saved state of the manager: at byte 8: format"));
}

TEST(Envelope, OtherBytesAreRefused) {
  EXPECT_THAT(fault_of("{\"json\": true}"), HasSubstr("at byte 0"));
}

}  // namespace
}  // namespace hearth::saved
