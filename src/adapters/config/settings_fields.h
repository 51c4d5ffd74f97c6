#pragma once

#include "model/settings.h"
#include "wire/json_reader.h"

namespace hearth::config {

/// Checks the relations stated in model/settings.h; a violation is reported at its key.
LivenessSettings read_liveness(JsonObject in);
RecoverySettings read_recovery(JsonObject in);

}  // namespace hearth::config
