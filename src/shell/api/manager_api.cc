#include "shell/api/manager_api.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "core/explain/explain.h"
#include "shell/api/manager_metrics.h"
#include "shell/api/query.h"
#include "shell/api/views.h"
#include "shell/metrics/metrics_text.h"
#include "wire/server_details.h"

namespace hearth {
namespace {

/// The wait for a command to be decided and durable: the store is retried for longer, but a caller
/// wants an answer.
constexpr Duration kCommandTimeout = std::chrono::seconds(10);

Error no_such_node(const std::string& name) {
  return {ErrorCode::kNotFound, fmt::format("there is no node '{}'", name)};
}

template <class E>
void write_counts(JsonWriter& out, std::string_view key, const std::map<E, std::uint64_t>& counts) {
  out.key(key).begin_object();
  for (const auto& [state, count] : counts) out.field(name_of(state), count);
  out.end_object();
}

}  // namespace

ManagerApi::ManagerApi(ManagerService& service, ContentStore& content, ManagerApiConfig config)
    : service_(service),
      content_(content),
      config_(std::move(config)),
      started_at_(service.now().wall) {}

void ManagerApi::add_routes(HttpRoutes& routes, std::function<HttpServerCounters()> http) {
  const auto get = [&](std::string pattern, Result<void> (ManagerApi::*handler)(HttpExchange&)) {
    routes.add(HttpMethod::kGet, std::move(pattern),
               [this, handler](HttpExchange& exchange) { return (this->*handler)(exchange); });
  };
  get("/healthz", &ManagerApi::health);
  get("/readyz", &ManagerApi::readiness);
  routes.add(HttpMethod::kGet, "/metrics", [this, http = std::move(http)](HttpExchange& exchange) {
    return exchange.respond({.body = manager_metrics(service_, http(), config_.version),
                             .content_type = std::string(MetricsText::kContentType)});
  });
  get("/v1/status", &ManagerApi::status);
  get("/v1/bus", &ManagerApi::bus);
  get("/v1/nodes", &ManagerApi::list_nodes);
  get("/v1/nodes/{name}", &ManagerApi::show_node);
  get("/v1/nodes/{name}/explanation", &ManagerApi::explain_node);
  routes.add(HttpMethod::kPost, "/v1/nodes/import",
             [this](HttpExchange& exchange) { return import_nodes(exchange); });
  add_work_routes(routes);
  add_release_routes(routes);
  add_history_routes(routes);
  add_content_routes(routes);
  add_event_routes(routes);
}

Result<void> ManagerApi::health(HttpExchange& exchange) {
  return exchange.respond({.body = "{\"status\":\"ok\"}"});
}

Result<void> ManagerApi::readiness(HttpExchange& exchange) {
  if (const auto& fault = service_.store_fault()) {
    return fail(ErrorCode::kUnavailable,
                "nothing can be stored, so nothing is decided: " + fault->message);
  }
  if (!service_.manager().bus_carries()) {
    return fail(ErrorCode::kUnavailable,
                "the bus does not carry the manager's own canary, so no node is judged");
  }
  return exchange.respond({.body = "{\"status\":\"ready\"}"});
}

Result<void> ManagerApi::status(HttpExchange& exchange) {
  const core::Manager& manager = service_.manager();
  std::map<NodeState, std::uint64_t> nodes;
  for (const Node* node : manager.nodes()) ++nodes[node->state];
  std::map<WorkloadPhase, std::uint64_t> workloads;
  for (const auto& [name, workload] : manager.workloads()) ++workloads[workload.phase];
  std::map<InstanceState, std::uint64_t> instances;
  for (const auto& [id, instance] : manager.instances()) ++instances[instance.status.state];

  JsonWriter out;
  out.begin_object()
      .field("version", config_.version)
      .field("cluster", config_.cluster)
      .field("epoch", manager.epoch().value)
      .field("started_at", show_time(started_at_))
      .field("last_event_seq", service_.last_event_seq());
  out.key("bus").begin_object();
  out.field("bootstrap", service_.bus_bootstrap())
      .field("topic_prefix", service_.topic_prefix())
      .field("carries", manager.bus_carries())
      .end_object();
  const std::optional<Error>& fault = service_.store_fault();
  out.key("store").begin_object().field("works", !fault);
  if (fault) out.field("fault", fault->message);
  out.end_object();
  write_counts(out, "nodes", nodes);
  write_counts(out, "workloads", workloads);
  write_counts(out, "instances", instances);
  out.end_object();
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::bus(HttpExchange& exchange) {
  JsonWriter out;
  out.begin_object()
      .field("bootstrap", service_.bus_bootstrap())
      .field("topic_prefix", service_.topic_prefix())
      .end_object();
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::list_nodes(HttpExchange& exchange) {
  const Result<PageRequest> wanted = page_request(exchange.request());
  if (!wanted) return tl::unexpected(wanted.error());
  const core::Manager& manager = service_.manager();
  const Instant now = service_.now();
  PageWriter page(*wanted);
  for (const Node* node : manager.nodes()) {
    if (page.admit(node->name.str())) write_node(page.json(), manager, *node, now);
    if (page.full()) break;
  }
  return exchange.respond({.body = std::move(page).finish()});
}

Result<void> ManagerApi::show_node(HttpExchange& exchange) {
  const std::string& text = exchange.request().parameter("name");
  const Result<NodeName> name = NodeName::parse(text);
  const Node* node = name ? service_.manager().find_node(*name) : nullptr;
  if (node == nullptr) return tl::unexpected(no_such_node(text));
  JsonWriter out;
  write_node(out, service_.manager(), *node, service_.now());
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::explain_node(HttpExchange& exchange) {
  const std::string& text = exchange.request().parameter("name");
  const Result<NodeName> name = NodeName::parse(text);
  if (!name || service_.manager().find_node(*name) == nullptr) {
    return tl::unexpected(no_such_node(text));
  }
  return respond_explained(exchange, core::explain_node(service_.manager(), *name, service_.now()));
}

Result<void> ManagerApi::respond_explained(HttpExchange& exchange,
                                           const std::vector<std::string>& lines) {
  JsonWriter out;
  out.begin_object().key("lines").begin_list();
  for (const std::string& line : lines) out.value(line);
  out.end_list().end_object();
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::import_nodes(HttpExchange& exchange) {
  const Result<std::string> body = exchange.read_body(kServerDetailsBytesMax);
  if (!body) return tl::unexpected(body.error());
  auto entries = parse_server_details(*body, config_.agent_port);
  if (!entries) return tl::unexpected(entries.error());
  std::vector<std::string> names;
  for (const NodeEntry& entry : *entries) names.push_back(entry.name.str());
  const auto result = carry_out(exchange, ImportNodes{*std::move(entries)});
  if (!result) return tl::unexpected(result.error());
  JsonWriter out;
  out.begin_object().field("message", result->message).key("nodes").begin_list();
  for (const std::string& name : names) out.value(name);
  out.end_list().end_object();
  return exchange.respond({.body = std::move(out).text()});
}

Result<core::CommandResult> ManagerApi::carry_out(HttpExchange& exchange, Command command) {
  return exchange.await<core::CommandResult>(kCommandTimeout,
                                             [&](Completion<core::CommandResult> done) {
                                               service_.submit(std::move(command), std::move(done));
                                             });
}

}  // namespace hearth
