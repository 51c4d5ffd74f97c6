#include "adapters/kafka/clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace hearth::kafka {
namespace {

std::string first_word_of(const std::filesystem::path& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

/// By how many ns the waits of each of the library's threads may end late; empty: that cannot be
/// read, which takes CAP_SYS_NICE.
std::vector<std::string> slack_of_library_threads() {
  std::vector<std::string> slack;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    if (!first_word_of(thread.path() / "comm").starts_with("rdk:")) continue;
    const std::filesystem::path all = "/proc";
    slack.push_back(first_word_of(all / thread.path().filename() / "timerslack_ns"));
  }
  return slack;
}

// Goal: the library's threads do not poll for the rest of a millisecond; ours wait as before.
TEST(Clients, TheLibrarysThreadsMayWakeLateAndOthersMayNot) {
  const int before = prctl(PR_GET_TIMERSLACK);
  const auto client = new_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", "127.0.0.1:1"}});
  ASSERT_TRUE(client);
  EXPECT_EQ(prctl(PR_GET_TIMERSLACK), before);
  const std::vector<std::string> slack = slack_of_library_threads();
  ASSERT_FALSE(slack.empty());
  // The library sets it without a privilege; only looking at another thread's takes one.
  if (slack.front().empty()) GTEST_SKIP() << "a thread's slack can be read only with CAP_SYS_NICE";
  EXPECT_THAT(slack, testing::Each("2000000"));
}

}  // namespace
}  // namespace hearth::kafka
