#pragma once

#include <system_error>

namespace hearth::http {

/// Whether the error of a connection can be this machine's fault, which says nothing about the
/// peer: no descriptor, port, memory or route, no permission, a name that cannot be resolved.
///
/// ENETUNREACH is included, although a router on the way can report it for a site that is gone:
/// otherwise this machine without a route would testify against every peer. EHOSTUNREACH is not
/// included: the last router reports it for a machine that is off.
bool is_own_fault(const std::error_code& error);

}  // namespace hearth::http
