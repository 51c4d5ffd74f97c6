#include "cli/waiting_command.h"

namespace hearth::cli {

void WaitingCommand::declare(Arguments& arguments) {
  arguments.positional("WORKLOAD", "its name", name_);
  declare_more(arguments);
  arguments.flag({"--no-wait", "", "return once the manager has accepted it"}, no_wait_);
  arguments.value({"--timeout", "TIME", timeout_help_}, timeout_);
  declare_output(arguments, output_);
  declare_connection(arguments, connection_);
}

Result<ExitCode> WaitingCommand::run(Session& session) {
  if (const auto name = WorkloadName::parse(name_); !name) return tl::unexpected(name.error());
  const Result<ApiClient> api = session.connect(connection_);
  if (!api) return tl::unexpected(api.error());
  return carry_out(*api, session);
}

}  // namespace hearth::cli
