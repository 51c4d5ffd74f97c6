#pragma once

#include "model/settings.h"
#include "wire/json_reader.h"

namespace hearth::config {

/// The relations of model/settings.h are checked; what breaks one is noted where it stands.
LivenessSettings read_liveness(JsonObject in);
RecoverySettings read_recovery(JsonObject in);

}  // namespace hearth::config
