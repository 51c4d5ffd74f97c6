#include <algorithm>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/instance_table.h"
#include "cli/state_paint.h"

namespace hearth::cli {
namespace {

/// "rolling out, 1 of 3 ready".
Table::Cell phase_cell(const WorkloadView& workload) {
  Table::Cell cell = state_cell(workload.phase);
  if (workload.phase != "rolling_out" || !workload.target) return cell;
  cell.text = fmt::format("rolling out, {} of {} ready", workload.target->ready,
                          workload.target->instances);
  return cell;
}

class PsCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "ps",
            .summary = "Show what runs where: workloads and their instances.",
            .details = {},
            .examples = {{"hearth ps", "everything"},
                         {"hearth ps heater", "one workload"},
                         {"hearth ps -o json | jq '.instances[] | {id, node, container}'", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("WORKLOAD", "show only this workload", name_, Arguments::Need::kOptional);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto workloads = workload_pages(*api);
    if (!workloads) return tl::unexpected(workloads.error());
    const auto instances =
        api->get_pages(name_.empty() ? "/v1/instances" : "/v1/instances?workload=" + name_);
    if (!instances) return tl::unexpected(instances.error());
    return output_ == OutputFormat::kJson ? print_json(*workloads, *instances, session)
                                          : print_text(*workloads, *instances, session);
  }

 private:
  Result<std::vector<std::string>> workload_pages(const ApiClient& api) const {
    if (name_.empty()) return api.get_pages("/v1/workloads");
    const Result<WorkloadName> name = WorkloadName::parse(name_);
    if (!name) return tl::unexpected(name.error());
    const Result<std::string> one = api.get("/v1/workloads/" + name->str());
    if (!one) return tl::unexpected(one.error());
    return std::vector{fmt::format(R"({{"items":[{}]}})", *one)};
  }

  static Result<ExitCode> print_json(const std::vector<std::string>& workloads,
                                     const std::vector<std::string>& instances, Session& session) {
    const Result<std::string> workload_list = join_pages(workloads);
    if (!workload_list) return tl::unexpected(workload_list.error());
    const Result<std::string> instance_list = join_pages(instances);
    if (!instance_list) return tl::unexpected(instance_list.error());
    const auto items_of = [](std::string_view list) {  // {"items":[…]} → […]
      const std::size_t begin = list.find('[');
      return list.substr(begin, list.rfind(']') + 1 - begin);
    };
    session.terminal.say_json(fmt::format(R"({{"workloads":{},"instances":{}}})",
                                          items_of(*workload_list), items_of(*instance_list)));
    return ExitCode::kOk;
  }

  static Result<ExitCode> print_text(const std::vector<std::string>& workload_pages,
                                     const std::vector<std::string>& instance_pages,
                                     Session& session) {
    const auto workloads = decode_workloads(workload_pages);
    if (!workloads) return tl::unexpected(workloads.error());
    auto instances = decode_instances(instance_pages);
    if (!instances) return tl::unexpected(instances.error());
    if (workloads->empty()) {
      session.terminal.note("nothing is deployed: hearth deploy DIR --name NAME");
      return ExitCode::kOk;
    }
    using enum Table::Column::Align;
    Table table({{"WORKLOAD"},
                 {"KIND"},
                 {"PHASE"},
                 {"RUNNING", kRight},
                 {"GENERATION", kRight},
                 {"REASON"}});
    for (const WorkloadView& workload : *workloads) {
      const bool all = workload.running == workload.instances;
      const bool is_adopted = !workload.adopted.empty();
      table.add({workload.name,
                 is_adopted ? workload.kind + ", adopted" : workload.kind,
                 phase_cell(workload),
                 {fmt::format("{}/{}", workload.running, workload.instances),
                  all ? Paint::kPlain : Paint::kWarning},
                 std::to_string(workload.generation),
                 is_adopted && workload.reason.empty() ? "container " + workload.adopted
                                                       : workload.reason});
    }
    table.print(session.terminal);
    if (instances->empty()) return ExitCode::kOk;
    session.terminal.say("");
    instance_table(*instances, session.now()).print(session.terminal);
    return ExitCode::kOk;
  }

  std::string name_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_ps_command() {
  return std::make_unique<PsCommand>();
}

}  // namespace hearth::cli
