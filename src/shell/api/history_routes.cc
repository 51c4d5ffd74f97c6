// The part of ManagerApi for what has become of a workload, and how available it was.

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "core/history/availability.h"
#include "shell/api/manager_api.h"
#include "shell/api/query.h"
#include "wire/json_writer.h"

namespace hearth {
namespace {

constexpr Duration kHistoryTimeout = std::chrono::seconds(10);

struct Period {
  std::string_view name;
  WallClock::duration length;
};
constexpr std::array kPeriods{Period{"hour", std::chrono::hours(1)},
                              Period{"day", std::chrono::hours(24)},
                              Period{"30 days", std::chrono::hours(30 * 24)}};

/// What an entry is about.
std::string subject_of(const HistoryEntry& entry) {
  if (!entry.workload) return "manager";
  return entry.instance ? entry.instance->str() : "workload";
}

struct ShownEntry {
  HistoryEntry entry;
  std::optional<WallTime> end;  ///< Absent: it still holds.
};

/// The entries of the workload and of the manager, newest first.
std::vector<ShownEntry> shown(History history) {
  std::vector<HistoryEntry> all = std::move(history.workload);
  all.insert(all.end(), std::make_move_iterator(history.manager.begin()),
             std::make_move_iterator(history.manager.end()));
  std::ranges::sort(all, std::greater(), &HistoryEntry::seq);
  std::map<std::string, WallTime> next;
  std::vector<ShownEntry> shown;
  for (HistoryEntry& entry : all) {
    std::optional<WallTime> end;
    const auto [later, is_latest] = next.try_emplace(subject_of(entry), entry.at);
    if (!is_latest) end = std::max(entry.at, std::exchange(later->second, entry.at));
    shown.push_back({std::move(entry), end});
  }
  return shown;
}

void write_entry(JsonWriter& out, const ShownEntry& shown) {
  const HistoryEntry& entry = shown.entry;
  const bool lasts = !shown.end && entry.condition != Condition::kGone;
  out.begin_object()
      .field("seq", entry.seq)
      .field("at", show_time(entry.at))
      .field("subject", subject_of(entry))
      .field("state", name_of(entry.condition))
      .field("cause", entry.cause)
      .field("lasts", lasts);
  if (shown.end) out.field("until", show_time(*shown.end));
  if (entry.instance) {
    out.field("node", entry.node ? entry.node->str() : std::string())
        .field("container", entry.container.str());
  }
  if (entry.workload) out.field("generation", entry.generation.value);
  out.end_object();
}

Result<std::optional<WallTime>> since_time(const HttpRequest& request) {
  const auto found = request.query.find("since");
  if (found == request.query.end()) return std::optional<WallTime>();
  const Result<WallTime> time = parse_time(found->second);
  if (time) return std::optional(*time);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'since={}': {}", found->second, time.error().message));
}

std::uint64_t ms_of(WallClock::duration duration) {
  return static_cast<std::uint64_t>(duration.count());
}

}  // namespace

void ManagerApi::add_history_routes(HttpRoutes& routes) {
  routes.add(HttpMethod::kGet, "/v1/workloads/{name}/history",
             [this](HttpExchange& exchange) { return list_history(exchange); });
  routes.add(HttpMethod::kGet, "/v1/workloads/{name}/availability",
             [this](HttpExchange& exchange) { return show_availability(exchange); });
}

Result<History> ManagerApi::history_of(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  return exchange.await<History>(kHistoryTimeout, [&](Completion<History> done) {
    service_.history_of(*name, std::move(done));
  });
}

Result<void> ManagerApi::list_history(HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  const Result<std::size_t> limit = page_limit(request);
  if (!limit) return tl::unexpected(limit.error());
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  const auto before = query_number(request, "after", kAny, kAny);
  if (!before) return tl::unexpected(before.error());
  const auto since = since_time(request);
  if (!since) return tl::unexpected(since.error());
  Result<History> history = history_of(exchange);
  if (!history) return tl::unexpected(history.error());

  JsonWriter out;
  out.begin_object().key("items").begin_list();
  std::size_t count = 0;
  std::optional<std::uint64_t> last;
  bool has_more = false;
  for (const ShownEntry& one : shown(*std::move(history))) {
    if (one.entry.seq >= *before || (*since && one.entry.at < **since)) continue;
    has_more = count == *limit;
    if (has_more) break;
    write_entry(out, one);
    last = one.entry.seq;
    ++count;
  }
  out.end_list().key("next");
  if (has_more && last) {
    out.value(std::to_string(*last));
  } else {
    out.null();
  }
  out.end_object();
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::show_availability(HttpExchange& exchange) {
  const Result<History> history = history_of(exchange);
  if (!history) return tl::unexpected(history.error());
  const WallTime now = service_.now().wall;
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  const std::optional<WallTime> first_deploy =
      core::first_deploy_of(service_.manager().workloads().at(*name), *history);
  JsonWriter out;
  out.begin_object().field("at", show_time(now)).key("periods").begin_list();
  for (const Period& period : kPeriods) {
    const core::Availability of =
        core::availability_of(*history, {now - period.length, now}, first_deploy);
    out.begin_object()
        .field("period", period.name)
        .field("available_ms", ms_of(of.full))
        .field("reduced_ms", ms_of(of.reduced))
        .field("unavailable_ms", ms_of(of.none))
        .field("unwanted_ms", ms_of(of.unwanted))
        .field("unknown_ms", ms_of(of.unknown))
        .end_object();
  }
  out.end_list().end_object();
  return exchange.respond({.body = std::move(out).text()});
}

}  // namespace hearth
