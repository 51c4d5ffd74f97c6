#pragma once

#include <functional>
#include <optional>
#include <string>

#include "model/heartbeat.h"
#include "model/ids.h"
#include "ports/completion.h"
#include "ports/container_runtime.h"
#include "ports/http.h"

namespace hearth {

/// What the agent's routes show. The functions are called on the loop, for each request.
struct AgentView {
  NodeName node;
  std::function<Heartbeat()> status;
  std::function<ContainerId(const InstanceId&)> container_of;  ///< Empty: not on this node.
  /// What its rules and probes say, as JSON; nullopt: it is not on this node.
  std::function<std::optional<std::string>(const InstanceId&)> watch;
  /// Of the container before the present one. kNotFound: they are not kept.
  std::function<void(const InstanceId&, Completion<std::string>)> last_words;
  std::function<std::string()> metrics;  ///< Prometheus text.
  ContainerRuntime& runtime;             ///< For logs.
};

/// The agent's HTTP routes (docs/reference/api.md): the dial, which anyone can call and which
/// reveals only that the agent is alive and whether it is that of the named node; its status; an
/// instance's log, and what its rules and probes say; metrics. `view` outlives the routes.
void add_agent_routes(HttpRoutes& routes, const AgentView& view);

}  // namespace hearth
