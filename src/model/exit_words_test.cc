#include "model/exit_words.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

std::string words(int code) {
  return describe({.code = code, .out_of_memory = OutOfMemory::kNo, .at = {}});
}

TEST(ExitWords, NameWhatACodeMeans) {
  EXPECT_EQ(words(0), "it ended with exit code 0");
  EXPECT_EQ(words(3), "it ended with exit code 3");
  EXPECT_EQ(words(126), "it ended with exit code 126 (the command cannot be executed)");
  EXPECT_EQ(words(127), "it ended with exit code 127 (the command was not found)");
  EXPECT_EQ(words(134), "it ended with exit code 134 (SIGABRT: aborted)");
  EXPECT_EQ(words(137), "it ended with exit code 137 (SIGKILL: killed)");
  EXPECT_EQ(words(139), "it ended with exit code 139 (SIGSEGV: segmentation fault)");
  EXPECT_EQ(words(143), "it ended with exit code 143 (SIGTERM: terminated)");
  EXPECT_EQ(words(255), "it ended with exit code 255");
}

TEST(ExitWords, SayWhoWasKilledForMemory) {
  ContainerExit exit{.code = 137, .out_of_memory = OutOfMemory::kMain, .at = {}};
  EXPECT_EQ(describe(exit), "it ended with exit code 137 (SIGKILL: killed, out of memory)");
  exit.memory_limit_bytes = 32 << 20;
  exit.memory_peak_bytes = (32 << 20) - (200 << 10);
  EXPECT_EQ(describe(exit),
            "it ended with exit code 137 (SIGKILL: killed, out of memory at a limit of 32.0 MiB, "
            "having used 31.8 MiB)");
  exit = {.code = 0, .out_of_memory = OutOfMemory::kChild, .at = {}};
  EXPECT_EQ(describe(exit),
            "it ended with exit code 0 (a child process of it had been killed, out of memory)");
}

TEST(ExitWords, CanNameTheSubject) {
  EXPECT_EQ(describe({.code = 1, .out_of_memory = OutOfMemory::kNo, .at = {}}, "'app-1' on 'a'"),
            "'app-1' on 'a' ended with exit code 1");
}

}  // namespace
}  // namespace hearth
