#pragma once

#include <string>

#include "ports/http.h"
#include "shell/api/manager_service.h"

namespace hearth {

/// The manager's metrics in Prometheus text format (docs/reference/metrics.md).
std::string manager_metrics(const ManagerService& service, const HttpServerCounters& http,
                            std::string_view version);

}  // namespace hearth
