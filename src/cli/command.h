#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace hearth::cli {

struct Example {
  std::string_view line;
  std::string_view what;
};

/// What `--help` says of a command, its arguments apart.
struct CommandText {
  std::string_view name;     ///< With its group: "node list".
  std::string_view summary;  ///< One line.
  std::string_view details;  ///< Whole lines, or empty.
  std::vector<Example> examples;
};

/// One command of `hearth`. Its members are what it may be told; made anew for every call.
class Command {
 public:
  virtual ~Command() = default;
  virtual CommandText text() const = 0;
  virtual void declare(Arguments& arguments) = 0;
  /// The answer goes to the terminal. An error is told by the caller, in one sentence.
  virtual Result<ExitCode> run(Session& session) = 0;
  /// Whether what it prints is its answer, so that it has failed if that cannot be written. False:
  /// a commentary on what it does, which may go unheard.
  virtual bool prints_an_answer() const { return true; }
};

using CommandList = std::vector<std::unique_ptr<Command>>;

std::unique_ptr<Command> make_status_command();
std::unique_ptr<Command> make_node_list_command();
std::unique_ptr<Command> make_node_show_command();
std::unique_ptr<Command> make_node_import_command();
std::unique_ptr<Command> make_deploy_command();
std::unique_ptr<Command> make_ps_command();
std::unique_ptr<Command> make_logs_command();
std::unique_ptr<Command> make_stop_command();
std::unique_ptr<Command> make_rm_command();
std::unique_ptr<Command> make_events_command();
std::unique_ptr<Command> make_explain_node_command();
std::unique_ptr<Command> make_explain_workload_command();
std::unique_ptr<Command> make_config_check_command();
std::unique_ptr<Command> make_version_command();

/// The commands above, in the order in which they are told. What else the program has (`hearth
/// dev`) its main function adds.
CommandList make_commands();

}  // namespace hearth::cli
