#include "shell/agent_api/agent_api.h"

#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

constexpr std::uint32_t kTailLinesMax = 100'000;
constexpr std::size_t kLogBytesMax = 256 * 1024;
constexpr Duration kLogQuiet = std::chrono::hours(1);

/// A log on its way from the engine to a slower client: what does not fit in between is left out,
/// and the client is told so. Shared by the handler and the engine's callbacks, which may outlive
/// it.
struct LogPipe {
  std::string waiting;
  bool skipped = false;
  bool wanted = true;
  std::optional<Result<void>> end;
  Notifier changed;

  bool add(std::string_view chunk) {
    if (waiting.size() + chunk.size() > kLogBytesMax) {
      skipped = true;
    } else {
      waiting += chunk;
    }
    changed.notify_all();
    return wanted;
  }
};

Result<std::uint32_t> tail_lines(const HttpRequest& request) {
  const auto found = request.query.find("tail");
  if (found == request.query.end()) return 0U;
  const std::string& text = found->second;
  std::uint32_t lines = 0;
  const auto [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (ec == std::errc() && rest == text.data() + text.size() && lines <= kTailLinesMax)
    return lines;
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("tail={} must be a number of lines from 0 (all) to {}", text, kTailLinesMax));
}

Result<void> forward(LogPipe& pipe, HttpExchange& exchange) {
  for (;;) {
    if (!pipe.waiting.empty()) {
      const std::string chunk = std::exchange(pipe.waiting, {});
      if (Result<void> sent = exchange.write(chunk); !sent) return sent;
      if (std::exchange(pipe.skipped, false)) {
        Result<void> sent =
            exchange.write("[hearth: lines left out, the log comes faster than it is read]\n");
        if (!sent) return sent;
      }
      continue;
    }
    if (pipe.end) return *pipe.end;
    if (Result<WaitEnd> woken = exchange.wait(pipe.changed, kLogQuiet); !woken) {
      return tl::unexpected(woken.error());
    }
  }
}

Result<void> stream_log(const AgentView& view, HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  const InstanceId instance{request.parameter("id")};
  const ContainerId container = view.container_of(instance);
  if (container.empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("no container of instance '{}' is on this node", instance.str()));
  }
  const Result<std::uint32_t> tail = tail_lines(request);
  if (!tail) return tl::unexpected(tail.error());
  const auto follow = request.query.find("follow");
  LogRequest wanted{.container = container,
                    .follow = follow != request.query.end() && follow->second == "1",
                    .tail_lines = *tail};

  if (Result<void> begun = exchange.begin_stream("text/plain; charset=utf-8"); !begun) return begun;
  const auto pipe = std::make_shared<LogPipe>();
  view.runtime.logs(
      std::move(wanted), [pipe](std::string_view chunk) { return pipe->add(chunk); },
      [pipe](const Result<void>& end) {
        pipe->end = end;
        pipe->changed.notify_all();
      });
  Result<void> outcome = forward(*pipe, exchange);
  pipe->wanted = false;
  return outcome;
}

}  // namespace

void add_agent_routes(HttpRouter& router, const AgentView& view) {
  router.add(
      HttpMethod::kGet, "/v1/dial",
      [](HttpExchange& exchange) { return exchange.respond({.status = 204}); }, HttpAccess::kOpen);
  router.add(HttpMethod::kGet, "/healthz", [](HttpExchange& exchange) {
    return exchange.respond({.body = "{\"status\":\"ok\"}"});
  });
  router.add(HttpMethod::kGet, "/v1/status", [&view](HttpExchange& exchange) {
    return exchange.respond({.body = encode(view.status())});
  });
  router.add(HttpMethod::kGet, "/v1/instances/{id}/logs",
             [&view](HttpExchange& exchange) { return stream_log(view, exchange); });
  router.add(HttpMethod::kGet, "/metrics", [&view](HttpExchange& exchange) {
    return exchange.respond({.body = view.metrics(), .content_type = "text/plain; version=0.0.4"});
  });
}

}  // namespace hearth
