#include "cli/dev/observer.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "adapters/sqlite/database.h"
#include "base/duration_text.h"
#include "cli/dev/dev_engine.h"
#include "wire/event_codec.h"

namespace hearth::cli {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(50);
constexpr auto kDatabaseBusyTimeout = std::chrono::milliseconds(500);

}  // namespace

Observer::Observer(ApiClient api, DevFacts facts, const std::atomic<bool>& stopping)
    : api_(std::move(api)), facts_(std::move(facts)), stopping_(stopping) {}

Result<std::string> Observer::wait(Duration limit, const std::string& awaited,
                                   const std::function<Sight()>& look) const {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    Sight sight = look();
    if (sight.holds) return std::move(sight.words);
    if (stopping_) return fail(ErrorCode::kFailed, "interrupted");
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorCode::kTimeout,
                  fmt::format("{} was not observed within {}; observed instead: {}", awaited,
                              show_duration(limit), sight.words));
    }
    std::this_thread::sleep_for(kLookInterval);
  }
}

Observer::Sight all_live(const std::vector<NodeView>& nodes, const std::vector<NodeName>& wanted) {
  Observer::Sight sight{.holds = true, .words = {}};
  for (const NodeName& name : wanted) {
    const auto node = std::find_if(nodes.begin(), nodes.end(),
                                   [&](const NodeView& one) { return one.name == name.str(); });
    const bool has_heartbeat = node != nodes.end() && node->silent_for;
    sight.holds = sight.holds && has_heartbeat && node->state == "live";
    sight.words += fmt::format("{}{} {}", sight.words.empty() ? "" : ", ", name.str(),
                               has_heartbeat ? "is " + node->state : "sent no heartbeat yet");
  }
  return sight;
}

Result<std::vector<NodeView>> Observer::nodes() const {
  const auto pages = api_.get_pages("/v1/nodes");
  if (!pages) return tl::unexpected(pages.error());
  return decode_nodes(*pages);
}

Result<NodeView> Observer::node(const NodeName& name) const {
  const Result<std::string> text = api_.get("/v1/nodes/" + name.str());
  if (!text) return tl::unexpected(text.error());
  return decode_node(*text);
}

Result<std::vector<InstanceView>> Observer::instances(const WorkloadName& workload) const {
  const auto pages = api_.get_pages("/v1/instances?workload=" + workload.str());
  if (!pages) return tl::unexpected(pages.error());
  auto instances = decode_instances(*pages);
  if (instances) {
    std::erase_if(*instances, [](const InstanceView& one) { return one.desired_state == "stop"; });
  }
  return instances;
}

Result<std::string> Observer::event_after(std::uint64_t seq, std::string_view type,
                                          const std::string& subject) const {
  const auto pages = api_.get_pages(fmt::format("/v1/events?after={}", seq));
  if (!pages) return tl::unexpected(pages.error());
  const auto items = split_items(*pages);
  if (!items) return tl::unexpected(items.error());
  for (const std::string& item : *items) {
    const Result<ClusterEvent> event = decode_cluster_event(item);
    if (event && name_of(event->type) == type && event->subject == subject) return event->message;
  }
  return std::string();
}

Result<std::uint64_t> Observer::last_event() const {
  const Result<std::string> text = api_.get("/v1/status");
  if (!text) return tl::unexpected(text.error());
  const Result<StatusView> status = decode_status(*text);
  if (!status) return tl::unexpected(status.error());
  return status->last_event_seq;
}

Result<bool> Observer::engine_runs(const std::string& container) const {
  bool runs = false;
  const auto asked = with_engine(facts_.docker_socket, [&](DevEngine& engine, auto& coroutine) {
    return engine.is_running(ContainerId{container}, coroutine).map([&](bool yes) { runs = yes; });
  });
  if (!asked) return tl::unexpected(asked.error());
  return runs;
}

Result<void> Observer::engine_kill(const std::string& container) const {
  return with_engine(facts_.docker_socket, [&](DevEngine& engine, auto& coroutine) {
    return engine.kill(ContainerId{container}, coroutine);
  });
}

Result<void> Observer::engine_signal(const std::string& container, std::string_view name) const {
  return with_engine(facts_.docker_socket, [&](DevEngine& engine, auto& coroutine) {
    return engine.signal(ContainerId{container}, name, coroutine);
  });
}

Result<std::vector<Container>> Observer::engine_containers(const NodeName& node) const {
  std::vector<Container> found;
  const auto asked = with_engine(facts_.docker_socket, [&](DevEngine& engine, auto& coroutine) {
    return engine.containers(facts_.cluster, node, coroutine)
        .map([&](std::vector<Container> containers) { found = std::move(containers); });
  });
  if (!asked) return tl::unexpected(asked.error());
  return found;
}

Result<std::vector<ServiceRow>> Observer::service_rows(const WorkloadName& workload) const {
  try {
    SqlDatabase database(facts_.database(), kDatabaseBusyTimeout);
    SqlStatement query = database.prepare(R"(
      SELECT
        status, coalesce(container_id, ''), coalesce(node_name, ''), coalesce(node_ip, '')
      FROM service_status WHERE service = ?1 ORDER BY container_id)");
    std::vector<ServiceRow> rows;
    query.for_each("service_status", {workload.str()}, [&](SqlRow& row) {
      ServiceRow seen{.status = row.text()};
      seen.container = row.text();
      seen.node = row.text();
      seen.node_ip = row.text();
      rows.push_back(std::move(seen));
    });
    return rows;
  } catch (const SqliteFault& fault) {
    return tl::unexpected(fault.error());
  }
}

}  // namespace hearth::cli
