#pragma once

#include <functional>

#include "base/result.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// Exit codes of the daemons: 0 stopped on request, 1 fatal error, 2 wrong command line or
/// configuration.
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// Log lines on standard error, with the time in UTC, flushed at once. The daemon continues when
/// nothing reads them any more: SIGPIPE is ignored from here on.
void set_up_log(const char* name);

/// Prints "name: message" and returns the exit code for the error.
int give_up(const char* name, const Error& error);

/// Runs the loop until SIGTERM or SIGINT, then stops it. A second signal ends the process at once.
void run_until_signalled(boost::asio::io_context& loop);

}  // namespace hearth
