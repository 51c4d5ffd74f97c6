#pragma once

#include <map>
#include <string>

#include "adapters/config/manager_config.h"
#include "wire/json_reader.h"

namespace hearth::config {

/// "power", without the Azure machines.
PowerConfig read_power(JsonObject in);
/// "machines", the older shape of the file.
std::map<std::string, AzureMachine> read_machines(JsonObject in);
/// Reports keys that held secrets in other files of this kind: this file is copied, mailed and
/// checked in.
void forbid_secrets(JsonObject& in);

}  // namespace hearth::config
