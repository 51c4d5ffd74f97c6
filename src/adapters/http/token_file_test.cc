#include "adapters/http/token_file.h"

#include <fstream>

#include <gmock/gmock.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using std::filesystem::perms;

TEST(TokenFile, IsCreatedOnceForItsOwnerOnly) {
  const TemporaryDirectory directory;
  const auto token = ensure_token_file(directory / "token");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 64U);
  EXPECT_EQ(std::filesystem::status(directory / "token").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(ensure_token_file(directory / "token"), token);
  EXPECT_EQ(read_token_file(directory / "token"), token);
  EXPECT_NE(ensure_token_file(directory / "another"), token);
}

TEST(TokenFile, ReadableByOthersIsRefusedWithTheRemedy) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(ensure_token_file(directory / "token"));
  for (const perms others : {perms::group_read, perms::others_read, perms::group_write}) {
    std::filesystem::permissions(directory / "token", perms::owner_read | others);
    const auto token = ensure_token_file(directory / "token");
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::kUnauthorized);
    EXPECT_THAT(token.error().message, testing::HasSubstr("chmod 600"));
  }
}

// Goal: a power cut that leaves the file empty, or full of zeros, does not take a process down
// permanently.
TEST(TokenFile, DamageIsDistinguishedFromAFileWithoutAToken) {
  const TemporaryDirectory directory;
  const std::string before = *ensure_token_file(directory / "token");
  for (const std::string& damaged :
       {std::string(), std::string(65, '\0'), before.substr(0, 32) + std::string(33, '\0')}) {
    std::ofstream(directory / "token", std::ios::binary) << damaged;
    EXPECT_EQ(read_token_file(directory / "token").error().code, ErrorCode::kCorrupt);
    std::vector<std::string> said;
    const auto made = ensure_token_file(directory / "token",
                                        [&](const Error& error) { said.push_back(error.message); });
    ASSERT_TRUE(made);
    EXPECT_NE(*made, before);
    EXPECT_EQ(read_token_file(directory / "token"), made);
    EXPECT_EQ(ensure_token_file(directory / "token"), made);
    EXPECT_THAT(said, testing::ElementsAre(testing::HasSubstr("give it to every agent")));
  }
}

TEST(TokenFile, WithoutATokenIsRefused) {
  const TemporaryDirectory directory;
  for (const std::string& content :
       {std::string("\n"), std::string("short\n"), std::string(300, 'a'),
        std::string("two words of some length\n"), std::string(64, 'a') + "\n\x01\n"}) {
    std::ofstream(directory / "token") << content;
    std::filesystem::permissions(directory / "token", perms::owner_read | perms::owner_write);
    const auto token = read_token_file(directory / "token");
    ASSERT_FALSE(token) << content;
    EXPECT_EQ(token.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(read_token_file(directory / "missing").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth
