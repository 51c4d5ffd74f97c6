#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "adapters/usage/program.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/log_trial.h"
#include "cli/session.h"

namespace hearth::cli {

using usage::CommandText;
using usage::Example;

/// One command of `hearth`. Its members hold its arguments; an object serves one call.
class Command {
 public:
  virtual ~Command() = default;
  virtual CommandText text() const = 0;
  virtual void declare(Arguments& arguments) = 0;
  /// Prints the answer to the terminal. The caller reports an error, in one sentence.
  virtual Result<ExitCode> run(Session& session) = 0;
  /// Whether the output is the command's answer: then the command fails if it cannot be written.
  /// False: a commentary on what the command does, which may be lost.
  virtual bool prints_an_answer() const { return true; }
};

using CommandList = std::vector<std::unique_ptr<Command>>;

std::unique_ptr<Command> make_status_command();
std::unique_ptr<Command> make_node_list_command();
std::unique_ptr<Command> make_node_show_command();
std::unique_ptr<Command> make_node_import_command();
std::unique_ptr<Command> make_adopt_command();
std::unique_ptr<Command> make_deploy_command();
std::unique_ptr<Command> make_ps_command();
std::unique_ptr<Command> make_top_command();
std::unique_ptr<Command> make_logs_command();
std::unique_ptr<Command> make_releases_command();
std::unique_ptr<Command> make_rollback_command();
std::unique_ptr<Command> make_restart_command();
std::unique_ptr<Command> make_stop_command();
std::unique_ptr<Command> make_rm_command();
std::unique_ptr<Command> make_events_command();
std::unique_ptr<Command> make_history_command();
std::unique_ptr<Command> make_explain_node_command();
std::unique_ptr<Command> make_explain_workload_command();
std::unique_ptr<Command> make_config_check_command();
std::unique_ptr<Command> make_version_command();

std::unique_ptr<Command> make_logs_check_command(TryLogRules try_rules);

/// Descriptions of Hearth's programs, for generating text from them. They fill no arguments.
using ProgramList = std::vector<usage::Program>;
using DescribePrograms = std::function<ProgramList()>;
std::unique_ptr<Command> make_completion_command(DescribePrograms describe);
std::unique_ptr<Command> make_man_page_command(DescribePrograms describe);

/// The commands without further dependencies, in the order in which they are listed.
/// app/programs.cc adds the others (`hearth dev`, `hearth logs check`).
CommandList make_commands();

}  // namespace hearth::cli
