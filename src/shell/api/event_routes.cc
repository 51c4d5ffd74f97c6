// The part of ManagerApi that serves events, as a list and as a stream.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "shell/api/manager_api.h"
#include "shell/api/query.h"
#include "wire/event_codec.h"

namespace hearth {
namespace {

constexpr std::size_t kEventsAtOnce = 500;
constexpr Duration kEventsTimeout = std::chrono::seconds(10);
/// A comment at this interval keeps proxies from closing a quiet stream.
constexpr Duration kKeepAlive = std::chrono::seconds(15);

std::string as_message(const ClusterEvent& event, std::string_view cluster) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.seq, name_of(event.type),
                     encode(event, cluster));
}

}  // namespace

void ManagerApi::add_event_routes(HttpRoutes& routes) {
  routes.add(HttpMethod::kGet, "/v1/events", [this](HttpExchange& exchange) {
    const bool stream =
        exchange.request().header("accept").find("text/event-stream") != std::string_view::npos;
    return stream ? stream_events(exchange) : list_events(exchange);
  });
}

Result<std::vector<ClusterEvent>> ManagerApi::events_after(HttpExchange& exchange,
                                                           std::uint64_t seq,
                                                           std::size_t count_max) {
  return exchange.await<std::vector<ClusterEvent>>(
      kEventsTimeout, [&](Completion<std::vector<ClusterEvent>> done) {
        service_.events_after(seq, count_max, std::move(done));
      });
}

Result<void> ManagerApi::list_events(HttpExchange& exchange) {
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  const HttpRequest& request = exchange.request();
  const Result<std::size_t> limit = page_limit(request);
  if (!limit) return tl::unexpected(limit.error());
  const auto after = query_number(request, "after", 0, kAny);
  if (!after) return tl::unexpected(after.error());
  // One more than requested shows whether there is a next page.
  auto events = events_after(exchange, *after, *limit + 1);
  if (!events) return tl::unexpected(events.error());
  const bool more = events->size() > *limit;
  if (more) events->resize(*limit);
  std::string items;
  for (const ClusterEvent& event : *events) {
    items += (items.empty() ? "" : ",") + encode(event, config_.cluster);
  }
  const std::string next =
      more && !events->empty() ? fmt::format("\"{}\"", events->back().seq) : "null";
  return exchange.respond({.body = fmt::format(R"({{"items":[{}],"next":{}}})", items, next)});
}

Result<void> ManagerApi::stream_events(HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  const std::uint64_t last = service_.last_event_seq();
  std::uint64_t seq = last;
  const std::string_view id = request.header("last-event-id");
  if (!id.empty()) {
    const std::optional<std::uint64_t> given = whole_number(id);
    if (!given) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'Last-Event-ID: {}' must be the id of an event", id));
    }
    seq = *given;
  } else {
    const auto after =
        query_number(request, "after", last, std::numeric_limits<std::uint64_t>::max());
    if (!after) return tl::unexpected(after.error());
    seq = *after;
  }
  seq = std::min(seq, last);  // The id is of a cluster whose store was created again since.

  if (auto begun = exchange.begin_stream("text/event-stream"); !begun) return begun;
  for (;;) {
    if (seq < service_.last_event_seq()) {
      const auto events = events_after(exchange, seq, kEventsAtOnce);
      if (!events) return tl::unexpected(events.error());
      std::string messages;
      for (const ClusterEvent& event : *events) {
        messages += as_message(event, config_.cluster);
        seq = event.seq;
      }
      // Events that the store no longer has are skipped.
      if (events->empty()) seq = service_.last_event_seq();
      if (auto sent = exchange.write(messages); !sent) return sent;
      continue;
    }
    const auto woken = exchange.wait(service_.event_added(), kKeepAlive);
    if (!woken) return tl::unexpected(woken.error());
    if (*woken == WaitEnd::kTimedOut) {
      if (auto sent = exchange.write(": alive\n\n"); !sent) return sent;
    }
  }
}

}  // namespace hearth
