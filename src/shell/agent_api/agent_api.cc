#include "shell/agent_api/agent_api.h"

#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "base/last_lines.h"
#include "shell/metrics/metrics_text.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

constexpr std::uint32_t kTailLinesMax = 1'000'000;
/// Bytes of a log between the runtime and its reader; the piece that exceeds them still fits.
constexpr std::size_t kLogBytesMax = 256 * 1024;
constexpr Duration kLogQuiet = std::chrono::hours(1);

/// A log in transit from the runtime to its reader. Shared by the handler and the runtime's
/// callbacks, which can outlive it.
struct LogPipe {
  std::string waiting;
  bool wanted = true;
  std::optional<Result<void>> end;
  Notifier changed;

  bool add(std::string_view chunk) {
    waiting += chunk;
    changed.notify_all();
    return wanted;
  }
  bool ready() const { return !wanted || waiting.size() < kLogBytesMax; }
};

Result<std::uint32_t> tail_lines(const HttpRequest& request) {
  const auto found = request.query.find("tail");
  if (found == request.query.end()) return 0U;
  const std::string& text = found->second;
  std::uint32_t lines = 0;
  const auto [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (ec == std::errc() && rest == text.data() + text.size() && lines <= kTailLinesMax) {
    return lines;
  }
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("'tail={}' must be a number of lines from 0 (all) to {}", text, kTailLinesMax));
}

Result<std::optional<WallTime>> since_time(const HttpRequest& request) {
  const auto found = request.query.find("since");
  if (found == request.query.end()) return std::optional<WallTime>();
  const Result<WallTime> time = parse_time(found->second);
  if (time) return std::optional(*time);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'since={}': {}", found->second, time.error().message));
}

/// The parameter is "1".
bool is_set(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found != request.query.end() && found->second == "1";
}

tl::unexpected<Error> not_with_previous(std::string_view parameter) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'previous=1' goes with 'tail' alone: omit '{}'", parameter));
}

/// Waits until some of the log, or its end, is there.
Result<void> await_log(LogPipe& pipe, HttpExchange& exchange) {
  while (pipe.waiting.empty() && !pipe.end) {
    if (auto woken = exchange.wait(pipe.changed, kLogQuiet); !woken) {
      return tl::unexpected(woken.error());
    }
  }
  return {};
}

Result<void> forward(LogPipe& pipe, HttpExchange& exchange) {
  while (!pipe.waiting.empty() || !pipe.end) {
    if (!pipe.waiting.empty()) {
      const std::string chunk = std::exchange(pipe.waiting, {});
      if (auto sent = exchange.write(chunk); !sent) return sent;
    } else if (auto there = await_log(pipe, exchange); !there) {
      return there;
    }
  }
  return *pipe.end;
}

Result<void> send_last_words(const AgentView& view, HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  for (const char* other : {"follow", "timestamps"}) {
    if (is_set(request, other)) return not_with_previous(other);
  }
  if (request.query.contains("since")) return not_with_previous("since");
  const Result<std::uint32_t> tail = tail_lines(request);
  if (!tail) return tl::unexpected(tail.error());
  const auto pipe = std::make_shared<LogPipe>();
  view.last_words(InstanceId{request.parameter("id")}, [pipe](const Result<std::string>& words) {
    pipe->end = words ? Result<void>() : tl::unexpected(words.error());
    pipe->add(words.value_or(std::string()));
  });
  if (auto there = await_log(*pipe, exchange); !there) return there;
  if (!*pipe->end) return *pipe->end;
  const std::string_view text = pipe->waiting;
  return exchange.respond({.body = std::string(*tail == 0 ? text : last_lines(text, *tail)),
                           .content_type = "text/plain; charset=utf-8"});
}

Result<void> stream_log(const AgentView& view, HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  if (is_set(request, "previous")) return send_last_words(view, exchange);
  const InstanceId instance{request.parameter("id")};
  const ContainerId container = view.container_of(instance);
  if (container.empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("no container of instance '{}' is on this node", instance.str()));
  }
  const Result<std::uint32_t> tail = tail_lines(request);
  if (!tail) return tl::unexpected(tail.error());
  const Result<std::optional<WallTime>> since = since_time(request);
  if (!since) return tl::unexpected(since.error());
  const bool follows = is_set(request, "follow");

  const auto pipe = std::make_shared<LogPipe>();
  view.runtime.logs(
      {.container = container,
       .follow = follows,
       .tail_lines = *tail,
       .since = *since,
       .timestamps = is_set(request, "timestamps"),
       .ready = [pipe] { return pipe->ready(); }},
      [pipe](std::string_view chunk) { return pipe->add(chunk); },
      [pipe](const Result<void>& end) {
        pipe->end = end;
        pipe->changed.notify_all();
      });
  const auto tell = [&]() -> Result<void> {
    // A runtime that refuses does so before the first byte: that error is then the answer. A
    // follower is answered at once, since its log can be quiet for days.
    if (!follows) {
      if (auto there = await_log(*pipe, exchange); !there) return there;
      if (pipe->end && !*pipe->end && pipe->waiting.empty()) return *pipe->end;
    }
    if (auto begun = exchange.begin_stream("text/plain; charset=utf-8"); !begun) return begun;
    return forward(*pipe, exchange);
  };
  Result<void> outcome = tell();
  pipe->wanted = false;
  return outcome;
}

Result<void> show_watch(const AgentView& view, HttpExchange& exchange) {
  const InstanceId instance{exchange.request().parameter("id")};
  std::optional<std::string> watch = view.watch(instance);
  if (!watch) {
    return fail(ErrorCode::kNotFound,
                fmt::format("instance '{}' is not on this node", instance.str()));
  }
  return exchange.respond({.body = *std::move(watch)});
}

/// The agent at an address might belong to another node: the address was reassigned, or imported
/// wrongly.
Result<void> answer_dial_by_name(const AgentView& view, HttpExchange& exchange) {
  if (exchange.request().parameter("node") != view.node.str()) {
    return fail(ErrorCode::kNotFound, "this is not the agent of that node");
  }
  return exchange.respond({.status = 204});
}

}  // namespace

void add_agent_routes(HttpRoutes& routes, const AgentView& view) {
  routes.add(
      HttpMethod::kGet, "/v1/dial",
      [](HttpExchange& exchange) { return exchange.respond({.status = 204}); }, HttpAccess::kOpen);
  routes.add(HttpMethod::kGet, "/v1/dial/{node}",
             [&view](HttpExchange& exchange) { return answer_dial_by_name(view, exchange); });
  routes.add(HttpMethod::kGet, "/healthz", [](HttpExchange& exchange) {
    return exchange.respond({.body = "{\"status\":\"ok\"}"});
  });
  routes.add(HttpMethod::kGet, "/v1/status", [&view](HttpExchange& exchange) {
    Heartbeat status = view.status();
    status.node = view.node.str();
    return exchange.respond({.body = encode(status)});
  });
  routes.add(HttpMethod::kGet, "/v1/instances/{id}/logs",
             [&view](HttpExchange& exchange) { return stream_log(view, exchange); });
  routes.add(HttpMethod::kGet, "/v1/instances/{id}/watch",
             [&view](HttpExchange& exchange) { return show_watch(view, exchange); });
  routes.add(HttpMethod::kGet, "/metrics", [&view](HttpExchange& exchange) {
    return exchange.respond(
        {.body = view.metrics(), .content_type = std::string(MetricsText::kContentType)});
  });
}

}  // namespace hearth
