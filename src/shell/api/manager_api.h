#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/workload.h"
#include "ports/content_store.h"
#include "ports/http.h"
#include "shell/api/build_logs.h"
#include "shell/api/manager_service.h"

namespace hearth {

/// Reads the body of a request for a workload. kInvalidArgument lists every fault, one per line.
using ReadWorkload = std::function<Result<WorkloadSpec>(
    std::string_view content_type, std::string_view body, const WorkloadName& name)>;

/// Reads JSON, whatever the type of the body.
Result<WorkloadSpec> read_workload_json(std::string_view content_type, std::string_view body,
                                        const WorkloadName& name);

struct ManagerApiConfig {
  std::string version;              ///< Of this program.
  std::string cluster = "hearth.";  ///< Names the source of events: the prefix of its topics.
  /// Where agents of imported nodes listen unless their entry gives a port.
  std::uint16_t agent_port = 7701;
  std::uint64_t content_bytes_max = 16ULL << 30;  ///< Of one bundle or saved image.
  /// The programs inject one that also reads YAML.
  ReadWorkload read_workload = read_workload_json;
};

/// The manager's HTTP routes (docs/reference/api.md).
///
/// It decides nothing: reads show what the core knows at that moment; changes are commands to the
/// core, answered once they are durable. All on the loop.
class ManagerApi {
 public:
  /// `service` and `content` outlive it.
  ManagerApi(ManagerService& service, ContentStore& content, ManagerApiConfig config);

  /// The routes use `this`, which outlives them. `http`: the counters of the server that serves the
  /// routes.
  void add_routes(HttpRoutes& routes, std::function<HttpServerCounters()> http);

 private:
  // manager_api.cc: the manager itself, nodes.
  Result<void> health(HttpExchange& exchange);
  Result<void> readiness(HttpExchange& exchange);
  Result<void> status(HttpExchange& exchange);
  Result<void> bus(HttpExchange& exchange);
  Result<void> list_nodes(HttpExchange& exchange);
  Result<void> show_node(HttpExchange& exchange);
  Result<void> explain_node(HttpExchange& exchange);
  Result<void> import_nodes(HttpExchange& exchange);
  Result<core::CommandResult> carry_out(HttpExchange& exchange, Command command);
  Result<void> respond_explained(HttpExchange& exchange, const std::vector<std::string>& lines);

  // work_routes.cc: workloads, their builds, instances.
  void add_work_routes(HttpRoutes& routes);
  Result<WorkloadName> known_workload(const HttpRequest& request) const;
  Result<void> list_workloads(HttpExchange& exchange);
  Result<void> show_workload(HttpExchange& exchange);
  Result<void> explain_workload(HttpExchange& exchange);
  Result<void> deploy_workload(HttpExchange& exchange);
  Result<void> stop_workload(HttpExchange& exchange);
  Result<void> remove_workload(HttpExchange& exchange);
  Result<void> show_build_log(HttpExchange& exchange);
  Result<void> take_build_log(HttpExchange& exchange);
  Result<void> list_instances(HttpExchange& exchange);
  Result<void> relay_log(HttpExchange& exchange);
  Result<Generation> generation_asked(const HttpRequest& request, const WorkloadName& name) const;
  bool is_building(const WorkloadName& name, Generation generation) const;
  Result<void> follow_build_log(HttpExchange& exchange, const WorkloadName& name,
                                Generation generation);

  // release_routes.cc: from one release of a workload to another.
  void add_release_routes(HttpRoutes& routes);
  Result<void> list_releases(HttpExchange& exchange);
  Result<void> roll_back_workload(HttpExchange& exchange);
  Result<void> restart_workload(HttpExchange& exchange);
  Result<void> begin_release(HttpExchange& exchange, const WorkloadName& name, Command command);

  // history_routes.cc: what has become of a workload.
  void add_history_routes(HttpRoutes& routes);
  Result<History> history_of(HttpExchange& exchange);
  Result<void> list_history(HttpExchange& exchange);
  Result<void> show_availability(HttpExchange& exchange);

  // content_routes.cc: bundles and saved images.
  void add_content_routes(HttpRoutes& routes);
  Result<void> get_content(HttpExchange& exchange);
  Result<void> put_content(HttpExchange& exchange);
  std::optional<std::filesystem::path> find_content(HttpExchange& exchange, const Digest& digest);

  // event_routes.cc: cluster events.
  void add_event_routes(HttpRoutes& routes);
  Result<void> list_events(HttpExchange& exchange);
  Result<void> stream_events(HttpExchange& exchange);
  Result<std::vector<ClusterEvent>> events_after(HttpExchange& exchange, std::uint64_t seq,
                                                 std::size_t count_max);

  ManagerService& service_;
  ContentStore& content_;
  const ManagerApiConfig config_;
  const WallTime started_at_;
  BuildLogs build_logs_;
};

}  // namespace hearth
