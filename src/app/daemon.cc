#include "app/daemon.h"

#include <csignal>
#include <cstdio>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace hearth {

void set_up_log(const char* name) {
  std::signal(SIGPIPE, SIG_IGN);
  spdlog::set_default_logger(spdlog::stderr_logger_st(name));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L %v", spdlog::pattern_time_type::utc);
  spdlog::flush_on(spdlog::level::trace);
}

int give_up(const char* name, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", name, error.message.c_str());
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitFailed;
}

void run_until_signalled(boost::asio::io_context& loop) {
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& ec, int signal) {
    if (ec) return;
    spdlog::info("stopping on {}", signal == SIGINT ? "SIGINT" : "SIGTERM");
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    loop.stop();
  });
  loop.run();
}

}  // namespace hearth
