#pragma once

#include <string>

#include "model/ids.h"
#include "model/probe.h"

namespace hearth::probe {

/// The request of an HTTP check. The workload's headers take the place of those that are sent
/// otherwise (Host, User-Agent, Accept, Connection). Bytes that a path cannot contain are
/// percent-encoded, and one without a '/' at its beginning gets it.
std::string request_of(const HttpCheck& check, const Endpoint& server);

}  // namespace hearth::probe
