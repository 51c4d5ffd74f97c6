#include "adapters/probe/check_words.h"

#include <gtest/gtest.h>

namespace hearth::probe {
namespace {

using namespace std::chrono_literals;

ProbeResult command_error(ErrorCode code) {
  return ended(tl::unexpected(Error{code, "said\x1b[31m so\n"}), 2s);
}

// Goal: what the runtime or this node cannot do never counts against the container.
TEST(CheckWords, OnlyACommandThatCannotBeRunThereOrLastsTooLongFails) {
  EXPECT_EQ(command_error(ErrorCode::kFailed),
            (ProbeResult{ProbeOutcome::kFailed, "cannot be run in the container: said [31m so"}));
  EXPECT_EQ(command_error(ErrorCode::kTimeout),
            (ProbeResult{ProbeOutcome::kTimedOut, "timed out after 2.0 s"}));
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kConflict,
        ErrorCode::kUnauthorized, ErrorCode::kUnavailable, ErrorCode::kExhausted,
        ErrorCode::kCorrupt}) {
    EXPECT_EQ(command_error(code), (ProbeResult{ProbeOutcome::kNotRun, "said [31m so"}))
        << name_of(code);
  }
}

TEST(CheckWords, QuotesTheBeginningOfACommandsOutputInOneLine) {
  EXPECT_EQ(ended(CommandEnd{1, "\n a\tb\r\n\x1b[2J\x7f"}, 2s).words, "exited with 1: a b [2J");
  EXPECT_EQ(ended(CommandEnd{1, " \n"}, 2s).words, "exited with 1");
  EXPECT_LT(ended(CommandEnd{1, std::string(4096, 'x')}, 2s).words.size(), 200U);
}

TEST(CheckWords, AConnectionThatThisNodeCannotMakeIsNotRun) {
  for (const std::errc own : {std::errc::too_many_files_open, std::errc::network_unreachable,
                              std::errc::address_not_available}) {
    EXPECT_EQ(unconnected(std::make_error_code(own), 2s).outcome, ProbeOutcome::kNotRun);
  }
  for (const std::errc theirs :
       {std::errc::connection_refused, std::errc::host_unreachable, std::errc::connection_reset}) {
    EXPECT_EQ(unconnected(std::make_error_code(theirs), 2s).outcome, ProbeOutcome::kFailed);
  }
  EXPECT_EQ(unconnected(std::make_error_code(std::errc::timed_out), 2s),
            (ProbeResult{ProbeOutcome::kTimedOut, "was not accepted within 2.0 s"}));
}

TEST(CheckWords, OnlyAStatusFrom200To399Succeeds) {
  for (const unsigned status : {200U, 301U, 399U}) {
    EXPECT_EQ(answered(status).outcome, ProbeOutcome::kSucceeded) << status;
  }
  for (const unsigned status : {0U, 199U, 400U, 500U, 999U}) {
    EXPECT_EQ(answered(status).outcome, ProbeOutcome::kFailed) << status;
  }
}

}  // namespace
}  // namespace hearth::probe
