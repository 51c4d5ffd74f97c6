#pragma once

#include <string_view>
#include <system_error>

#include "adapters/http/message_reader.h"
#include "adapters/probe/asio_prober.h"

namespace hearth::probe {

/// What the end of a connection, an answer or a command says of the container.

ProbeResult succeeded();
ProbeResult failed(std::string words);
ProbeResult not_run(std::string because);
ProbeResult timed_out(Duration timeout);

/// `error`: why there is no connection.
ProbeResult unconnected(const std::error_code& error, Duration timeout);
/// `fault`: why there is no answer on a connection.
ProbeResult unanswered(http::ReadFault fault, Duration timeout);
ProbeResult answered(unsigned status);
ProbeResult ended(const Result<CommandEnd>& end, Duration timeout);

/// For an error message: without control codes, in one line.
std::string as_one_line(std::string_view text);

}  // namespace hearth::probe
