// The part of ManagerApi for workloads, their builds, and instances.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "core/explain/explain.h"
#include "shell/api/manager_api.h"
#include "shell/api/query.h"
#include "shell/api/views.h"
#include "wire/percent_coding.h"
#include "wire/workload_document.h"

namespace hearth {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
/// A builder can be quiet for long while it downloads or compiles.
constexpr Duration kBuildQuietMax = std::chrono::hours(1);
/// A builder gives up after an hour; one that still sends after this is not building.
constexpr Duration kBuildLogTimeMax = std::chrono::hours(4);
/// How often a follower of a log without a sender checks whether the build has ended.
constexpr Duration kBuildLook = std::chrono::seconds(1);
constexpr std::uint64_t kTailLinesMax = 1'000'000;

using CountsByWorkload = std::map<WorkloadName, InstanceCounts>;

CountsByWorkload count_instances(const core::Manager& manager) {
  CountsByWorkload counts;
  for (const auto& [id, instance] : manager.instances()) {
    InstanceCounts& of = counts[instance.workload];
    if (instance.status.state == InstanceState::kRunning) ++of.running;
    const auto workload = manager.workloads().find(instance.workload);
    const Release* target =
        workload == manager.workloads().end() ? nullptr : workload->second.target();
    const bool is_target = target != nullptr && target->generation == instance.generation;
    const bool is_kept = instance.desired_state != DesiredState::kStop;
    if (is_target && is_kept && instance.is_ready()) ++of.ready;
  }
  return counts;
}

/// "&since=TIME" for an agent; empty if it is not given.
Result<std::string> since_parameter(const HttpRequest& request) {
  const auto found = request.query.find("since");
  if (found == request.query.end()) return std::string();
  const Result<WallTime> time = parse_time(found->second);
  if (time) return "&since=" + percent_encode(show_time(*time));
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'since={}': {}", found->second, time.error().message));
}

/// The agent of the node that has the instance named in the path.
Result<Endpoint> agent_of(const core::Manager& manager, const HttpRequest& request) {
  const InstanceId id{request.parameter("id")};
  const auto found = manager.instances().find(id);
  if (found == manager.instances().end()) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no instance '{}'", id.str()));
  }
  const std::optional<NodeName>& on = found->second.node;
  const Node* node = on ? manager.find_node(*on) : nullptr;
  if (node == nullptr) {
    return fail(ErrorCode::kConflict,
                fmt::format("instance '{}' has no node yet, so it has no log", id.str()));
  }
  return node->agent;
}

Result<void> respond_accepted(HttpExchange& exchange, const core::CommandResult& result) {
  JsonWriter out;
  out.begin_object().field("message", result.message).end_object();
  return exchange.respond({.status = 202, .body = std::move(out).text()});
}

}  // namespace

void ManagerApi::add_work_routes(HttpRoutes& routes) {
  const auto add = [&](HttpMethod method, std::string pattern,
                       Result<void> (ManagerApi::*handler)(HttpExchange&)) {
    routes.add(method, std::move(pattern),
               [this, handler](HttpExchange& exchange) { return (this->*handler)(exchange); });
  };
  add(HttpMethod::kGet, "/v1/workloads", &ManagerApi::list_workloads);
  add(HttpMethod::kGet, "/v1/workloads/{name}", &ManagerApi::show_workload);
  add(HttpMethod::kPut, "/v1/workloads/{name}", &ManagerApi::deploy_workload);
  add(HttpMethod::kDelete, "/v1/workloads/{name}", &ManagerApi::remove_workload);
  add(HttpMethod::kGet, "/v1/workloads/{name}/explanation", &ManagerApi::explain_workload);
  add(HttpMethod::kPost, "/v1/workloads/{name}/stop", &ManagerApi::stop_workload);
  add(HttpMethod::kGet, "/v1/workloads/{name}/build-log", &ManagerApi::show_build_log);
  add(HttpMethod::kPost, "/v1/workloads/{name}/build-log", &ManagerApi::take_build_log);
  add(HttpMethod::kGet, "/v1/instances", &ManagerApi::list_instances);
  add(HttpMethod::kGet, "/v1/instances/{id}/logs", &ManagerApi::relay_log);
  routes.add(HttpMethod::kGet, "/v1/instances/{id}/watch",
             [this](HttpExchange& exchange) -> Result<void> {
               const Result<Endpoint> agent = agent_of(service_.manager(), exchange.request());
               if (!agent) return tl::unexpected(agent.error());
               return exchange.relay(
                   *agent, fmt::format("/v1/instances/{}/watch",
                                       percent_encode(exchange.request().parameter("id"))));
             });
}

/// The workload named in the path, if it is known.
Result<WorkloadName> ManagerApi::known_workload(const HttpRequest& request) const {
  const std::string& text = request.parameter("name");
  Result<WorkloadName> name = WorkloadName::parse(text);
  if (name && service_.manager().workloads().contains(*name)) return name;
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no workload '{}'; 'hearth ps' lists all", text));
}

Result<void> ManagerApi::list_workloads(HttpExchange& exchange) {
  const Result<PageRequest> wanted = page_request(exchange.request());
  if (!wanted) return tl::unexpected(wanted.error());
  CountsByWorkload counts = count_instances(service_.manager());
  PageWriter page(*wanted);
  for (const auto& [name, workload] : service_.manager().workloads()) {
    if (page.admit(name.str()))
      write_workload(page.json(), service_.manager(), workload, counts[name], service_.now().mono);
    if (page.full()) break;
  }
  return exchange.respond({.body = std::move(page).finish()});
}

Result<void> ManagerApi::show_workload(HttpExchange& exchange) {
  const core::Manager& manager = service_.manager();
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  JsonWriter out;
  write_workload(out, manager, manager.workloads().at(*name), count_instances(manager)[*name],
                 service_.now().mono);
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::explain_workload(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  return respond_explained(exchange,
                           core::explain_workload(service_.manager(), *name, service_.now()));
}

Result<WorkloadSpec> read_workload_json(std::string_view /*content_type*/, std::string_view body,
                                        const WorkloadName& name) {
  return decode_workload_request(body, name);
}

Result<void> ManagerApi::deploy_workload(HttpExchange& exchange) {
  auto name = WorkloadName::parse(exchange.request().parameter("name"));
  if (!name) return tl::unexpected(name.error());
  const Result<std::string> by = requested_by(exchange.request());
  if (!by) return tl::unexpected(by.error());
  const Result<std::string> body = exchange.read_body(kWorkloadFileBytesMax);
  if (!body) return tl::unexpected(body.error());
  auto spec = config_.read_workload(exchange.request().header("content-type"), *body, *name);
  if (!spec) return tl::unexpected(spec.error());
  if (!spec->instance.adopted && !find_content(exchange, spec->bundle)) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("bundle '{0}' is not in the content store; PUT it to /v1/content/{0} first",
                    spec->bundle.str()));
  }
  return begin_release(exchange, *name, DeployWorkload{*name, *std::move(spec), *by});
}

Result<void> ManagerApi::stop_workload(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  const auto result = carry_out(exchange, StopWorkload{*name});
  if (!result) return tl::unexpected(result.error());
  return respond_accepted(exchange, *result);
}

Result<void> ManagerApi::remove_workload(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  const auto result = carry_out(exchange, RemoveWorkload{*name});
  if (!result) return tl::unexpected(result.error());
  return respond_accepted(exchange, *result);
}

/// The generation named in the query, else the workload's latest.
Result<Generation> ManagerApi::generation_asked(const HttpRequest& request,
                                                const WorkloadName& name) const {
  const Generation latest = service_.manager().workloads().at(name).latest().generation;
  const auto asked = query_number(request, "generation", latest.value, latest.value);
  if (!asked) return tl::unexpected(asked.error());
  return Generation{*asked};
}

bool ManagerApi::is_building(const WorkloadName& name, Generation generation) const {
  const auto found = service_.manager().workloads().find(name);
  return found != service_.manager().workloads().end() &&
         found->second.phase == WorkloadPhase::kBuilding &&
         found->second.latest().generation == generation;
}

Result<void> ManagerApi::show_build_log(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  const auto generation = generation_asked(exchange.request(), *name);
  if (!generation) return tl::unexpected(generation.error());
  const Result<bool> follow = query_flag(exchange.request(), "follow");
  if (!follow) return tl::unexpected(follow.error());
  if (*follow) return follow_build_log(exchange, *name, *generation);
  const std::shared_ptr<BuildLog> log = build_logs_.find(*name, *generation);
  if (log == nullptr) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no build log of workload '{}', generation {}: its image "
                            "existed already, or the manager was restarted since",
                            name->str(), generation->value));
  }
  std::uint64_t offset = 0;
  return exchange.respond({.body = log->read_from(offset), .content_type = std::string(kText)});
}

Result<void> ManagerApi::follow_build_log(HttpExchange& exchange, const WorkloadName& name,
                                          Generation generation) {
  if (auto begun = exchange.begin_stream(kText); !begun) return begun;
  std::shared_ptr<BuildLog> log = build_logs_.find(name, generation);
  Notifier no_sender;
  std::uint64_t offset = 0;
  for (;;) {
    if (log == nullptr) log = build_logs_.find(name, generation);
    if (log != nullptr && offset < log->end()) {
      if (auto sent = exchange.write(log->read_from(offset)); !sent) return sent;
      continue;
    }
    const bool sent_now = log != nullptr && log->being_sent();
    if (!sent_now && !is_building(name, generation)) return {};
    // Without a sender, the build either waits for a node or has just ended: its phase decides.
    Notifier& changed = log == nullptr ? no_sender : log->changed();
    const auto woken = exchange.wait(changed, sent_now ? kBuildQuietMax : kBuildLook);
    if (!woken) return tl::unexpected(woken.error());
  }
}

Result<void> ManagerApi::take_build_log(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  const auto generation = generation_asked(exchange.request(), *name);
  if (!generation) return tl::unexpected(generation.error());
  const std::shared_ptr<BuildLog> log = build_logs_.find_or_make(*name, *generation);
  log->begin_sending();
  const MonoTime give_up = service_.now().mono + kBuildLogTimeMax;
  for (;;) {
    const Duration left = std::max(Duration::zero(), give_up - service_.now().mono);
    const Result<std::string_view> piece = exchange.read_some(std::min(kBuildQuietMax, left));
    if (piece && !piece->empty()) {
      log->append(*piece);
      continue;
    }
    if (!piece) log->append("[hearth: the building node broke off]\n");
    log->end_sending();
    return piece ? exchange.respond({.status = 204}) : tl::unexpected(piece.error());
  }
}

Result<void> ManagerApi::list_instances(HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  const Result<PageRequest> wanted = page_request(request);
  if (!wanted) return tl::unexpected(wanted.error());
  const auto of = request.query.find("workload");
  const core::Manager& manager = service_.manager();
  PageWriter page(*wanted);
  for (const auto& [id, instance] : manager.instances()) {
    if (of != request.query.end() && instance.workload.str() != of->second) continue;
    if (page.admit(id.str())) write_instance(page.json(), manager, instance, service_.now());
    if (page.full()) break;
  }
  return exchange.respond({.body = std::move(page).finish()});
}

Result<void> ManagerApi::relay_log(HttpExchange& exchange) {
  const HttpRequest& request = exchange.request();
  const Result<bool> follow = query_flag(request, "follow");
  if (!follow) return tl::unexpected(follow.error());
  const auto tail = query_number(request, "tail", 0, kTailLinesMax);
  if (!tail) return tl::unexpected(tail.error());
  const Result<bool> timestamps = query_flag(request, "timestamps");
  if (!timestamps) return tl::unexpected(timestamps.error());
  const Result<bool> previous = query_flag(request, "previous");
  if (!previous) return tl::unexpected(previous.error());
  const Result<std::string> since = since_parameter(request);
  if (!since) return tl::unexpected(since.error());
  const Result<Endpoint> agent = agent_of(service_.manager(), request);
  if (!agent) return tl::unexpected(agent.error());
  return exchange.relay(
      *agent,
      fmt::format("/v1/instances/{}/logs?follow={}&tail={}{}{}{}",
                  percent_encode(request.parameter("id")), *follow ? 1 : 0, *tail,
                  *timestamps ? "&timestamps=1" : "", *previous ? "&previous=1" : "", *since));
}

}  // namespace hearth
