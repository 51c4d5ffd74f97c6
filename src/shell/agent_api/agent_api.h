#pragma once

#include <functional>
#include <string>

#include "model/heartbeat.h"
#include "model/ids.h"
#include "ports/container_runtime.h"
#include "ports/http.h"

namespace hearth {

/// What the agent's routes show. The functions are called on the loop, when a request comes.
struct AgentView {
  NodeName node;
  std::function<Heartbeat()> status;
  std::function<ContainerId(const InstanceId&)> container_of;  ///< Empty: no such instance here.
  std::function<std::string()> metrics;                        ///< Prometheus text.
  ContainerRuntime& runtime;                                   ///< For logs.
};

/// The agent's HTTP routes (docs/reference/api.md): the dial, which anyone may call and which tells
/// nothing but that the agent lives and whether it is the node that the caller names; its status;
/// an instance's log; metrics. `view` outlives the routes.
void add_agent_routes(HttpRoutes& routes, const AgentView& view);

}  // namespace hearth
