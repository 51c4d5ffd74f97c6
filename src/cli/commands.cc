#include "cli/command.h"

namespace hearth::cli {

CommandList make_commands() {
  CommandList commands;
  commands.push_back(make_status_command());
  commands.push_back(make_node_list_command());
  commands.push_back(make_node_show_command());
  commands.push_back(make_node_import_command());
  commands.push_back(make_deploy_command());
  commands.push_back(make_adopt_command());
  commands.push_back(make_ps_command());
  commands.push_back(make_top_command());
  commands.push_back(make_logs_command());
  commands.push_back(make_releases_command());
  commands.push_back(make_rollback_command());
  commands.push_back(make_restart_command());
  commands.push_back(make_stop_command());
  commands.push_back(make_rm_command());
  commands.push_back(make_events_command());
  commands.push_back(make_history_command());
  commands.push_back(make_explain_node_command());
  commands.push_back(make_explain_workload_command());
  commands.push_back(make_config_check_command());
  commands.push_back(make_version_command());
  return commands;
}

}  // namespace hearth::cli
