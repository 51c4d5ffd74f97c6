#pragma once

#include <map>
#include <string>

#include "adapters/config/manager_config.h"
#include "wire/json_reader.h"

namespace hearth::config {

/// "power", without the machines of Azure.
PowerConfig read_power(JsonObject in);
/// "machines", the older shape.
std::map<std::string, AzureMachine> read_machines(JsonObject in);
/// Notes keys that people used for secrets: this file is copied, mailed and checked in.
void forbid_secrets(JsonObject& in);

}  // namespace hearth::config
