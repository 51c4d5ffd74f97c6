#pragma once

#include <cstdint>
#include <string>

#include "model/ids.h"

namespace hearth {

/// The default port of a manager.
inline constexpr std::uint16_t kManagerPort = 7700;

/// "host:port", with brackets around an IPv6 address.
std::string show_endpoint(const Endpoint& endpoint);

}  // namespace hearth
