#include "adapters/config/cli_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/file/file.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::HasSubstr;

TEST(CliConfig, HasTheManagersAddressAndTheToken) {
  EXPECT_EQ(parse_cli_config("{}", "/h"), CliConfig{});
  EXPECT_EQ(parse_cli_config(R"({"manager":"http://hearth.example:7700/","token":"abc"})", "/h"),
            (CliConfig{.manager = Endpoint{"hearth.example", 7700}, .token = "abc"}));
  EXPECT_EQ(parse_cli_config(R"({"manager":"http://[::1]:7700","token_file":"token"})", "/h"),
            (CliConfig{.manager = Endpoint{"::1", 7700}, .token_file = "/h/token"}));
}

TEST(CliConfig, FaultsAreReportedByPath) {
  EXPECT_EQ(
      parse_cli_config(R"({"manager":"hearth:7700","token":"a b","token_file":"x","tokn":"y"})",
                       "/h")
          .error()
          .message,
      "$.manager: must be http://HOST:PORT, such as \"http://127.0.0.1:7700\" (it does not "
      "begin with http://)\n"
      "$.token: must be the token in the manager's token file, without spaces\n"
      "$.tokn: unknown key; did you mean \"token\"? (known keys: manager, token, token_file)");
  EXPECT_EQ(parse_cli_config(R"({"token":"a","token_file":"x"})", "/h").error().message,
            "$.token_file: conflicts with \"token\"; keep one of the two");
}

TEST(CliConfig, AMissingFileIsAnEmptyConfiguration) {
  const TemporaryDirectory folder;
  EXPECT_EQ(load_cli_config(folder / "config.json"), CliConfig{});
}

TEST(CliConfig, ATokenReadableByOthersIsRefused) {
  namespace fs = std::filesystem;
  const TemporaryDirectory folder;
  const fs::path file = folder / "config.json";
  ASSERT_TRUE(replace_file(file, R"({"token":"abc"})").has_value());
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(load_cli_config(file), (CliConfig{.token = "abc"}));

  fs::permissions(file, fs::perms::others_read, fs::perm_options::add);
  const Error error = load_cli_config(file).error();
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_THAT(error.message, HasSubstr("chmod 600"));

  ASSERT_TRUE(replace_file(file, R"({"token_file":"token"})").has_value());
  fs::permissions(file, fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(load_cli_config(file), (CliConfig{.token_file = folder / "token"}));
}

}  // namespace
}  // namespace hearth
