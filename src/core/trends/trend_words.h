#pragma once

#include <cstdint>
#include <string>

#include "core/growth/growth.h"
#include "model/instance_spec.h"

namespace hearth::core {

/// "memory grows 1.2 MiB a minute and reaches its limit of 64 MiB in about 8 min".
std::string words_of_growth(TrendOf of, const Growth& growth, std::uint64_t limit);

}  // namespace hearth::core
