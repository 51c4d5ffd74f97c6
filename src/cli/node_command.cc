#include <utility>

#include <fmt/format.h>

#include "adapters/config/operator_file.h"
#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/instance_table.h"
#include "cli/state_paint.h"
#include "cli/terminal/table.h"
#include "wire/server_details.h"

namespace hearth::cli {
namespace {

std::string percent(const std::optional<std::uint16_t>& share) {
  return share ? fmt::format("{} %", (*share + 5) / 10) : "";
}

std::string cores(std::uint32_t millis) {
  if (millis == 0) return "";
  return millis % 1000 == 0 ? fmt::format("{}", millis / 1000)
                            : fmt::format("{:.1f}", static_cast<double>(millis) / 1000);
}

std::string heartbeat_age_of(const NodeView& node) {
  if (!node.silent_for) return node.state == "awaited" ? "never" : "";
  return *node.silent_for < std::chrono::seconds(1)
             ? "now"
             : show_age(WallTime(),
                        WallTime(std::chrono::duration_cast<WallTime::duration>(*node.silent_for)));
}

std::string recovery_of(const NodeView& node) {
  if (node.recovery_phase.empty() || node.recovery_phase == "none") return "";
  std::string words = fmt::format("{}, attempt {}", node.recovery_phase, node.recovery_attempt);
  return node.recovery_reason.empty() ? words : words + ": " + node.recovery_reason;
}

/// What an operator should know about a node in addition to its state.
std::string note_of(const NodeView& node) {
  std::string note = recovery_of(node);
  const auto add = [&](const std::string& words) {
    if (!words.empty()) note += (note.empty() ? "" : "; ") + words;
  };
  add(node.cordoned ? "cordoned" : "");
  add(node.problem);
  if (node.state != "live") add(node.evidence);
  return note;
}

class NodeListCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "node list",
        .summary = "List the nodes and their states.",
        .details = {},
        .examples = {{"hearth node list", "a table"},
                     {"hearth node list -o json | jq '.items[] | select(.state==\"dead\")'", ""}}};
  }
  void declare(Arguments& arguments) override {
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto pages = api->get_pages("/v1/nodes");
    if (!pages) return tl::unexpected(pages.error());
    if (output_ == OutputFormat::kJson) {
      const Result<std::string> all = join_pages(*pages);
      if (!all) return tl::unexpected(all.error());
      session.terminal.say_json(*all);
      return ExitCode::kOk;
    }
    const auto nodes = decode_nodes(*pages);
    if (!nodes) return tl::unexpected(nodes.error());
    if (nodes->empty()) {
      session.terminal.note("no nodes yet: hearth node import server_details.json");
      return ExitCode::kOk;
    }
    print(*nodes, session);
    return ExitCode::kOk;
  }

 private:
  static void print(const std::vector<NodeView>& nodes, Session& session) {
    using enum Table::Column::Align;
    Table table({{"NAME"},
                 {"STATE"},
                 {"ADDRESS"},
                 {"INSTANCES", kRight},
                 {"CPU", kRight},
                 {"MEMORY", kRight},
                 {"DISK", kRight},
                 {"HEARTBEAT"},
                 {"SINCE"},
                 {"NOTE"}});
    for (const NodeView& node : nodes) {
      table.add({node.name, state_cell(node.state), node.address, std::to_string(node.instances),
                 percent(node.load.cpu), percent(node.load.memory), percent(node.load.disk),
                 heartbeat_age_of(node),
                 node.changed_at ? show_age(*node.changed_at, session.now()) : "", note_of(node)});
    }
    table.print(session.terminal);
  }

  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

class NodeShowCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "node show",
            .summary = "Show one node: state, evidence, load, and what runs there.",
            .details = {},
            .examples = {{"hearth node show node-2", ""},
                         {"hearth node show node-2 -o json | jq .evidence", "one field of it"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NODE", "its name", name_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<NodeName> name = NodeName::parse(name_);
    if (!name) return tl::unexpected(name.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const Result<std::string> text = api->get("/v1/nodes/" + name->str());
    if (!text) return tl::unexpected(text.error());
    if (output_ == OutputFormat::kJson) {
      session.terminal.say_json(*text);
      return ExitCode::kOk;
    }
    const Result<NodeView> node = decode_node(*text);
    if (!node) return tl::unexpected(node.error());
    const auto pages = api->get_pages("/v1/instances");
    if (!pages) return tl::unexpected(pages.error());
    auto instances = decode_instances(*pages);
    if (!instances) return tl::unexpected(instances.error());
    std::erase_if(*instances, [&](const InstanceView& one) { return one.node != node->name; });
    print(*node, *instances, session);
    return ExitCode::kOk;
  }

 private:
  static void print(const NodeView& node, const std::vector<InstanceView>& instances,
                    Session& session) {
    Terminal& terminal = session.terminal;
    const auto field = [&](std::string_view name, const std::string& value,
                           Paint paint = Paint::kPlain) {
      if (value.empty()) return;
      terminal.say(fmt::format("  {:<13}{}", name, terminal.painted(paint, printable(value))));
    };
    std::string title = terminal.painted(Paint::kBold, printable(node.name));
    if (node.display_name != node.name && !node.display_name.empty()) {
      title += " (" + printable(node.display_name) + ")";
    }
    terminal.say(title);
    const std::string since =
        node.changed_at ? ", since " + show_age(*node.changed_at, session.now()) : "";
    field("state", node.state + since, state_cell(node.state).paint);
    field("evidence", node.evidence);
    field("problem", node.problem, Paint::kBad);
    field("recovery", recovery_of(node), Paint::kWarning);
    field("cordoned", node.cordoned ? "yes: it gets no new work" : "");
    field("address", node.address);
    field("heartbeat", heartbeat_age_of(node));
    if (node.capacity.memory_bytes > 0) {
      field("capacity", fmt::format("{} cores, {}", cores(node.capacity.cpu_millis),
                                    show_bytes(node.capacity.memory_bytes)));
    }
    field("load", load_of(node.load));
    if (!node.boot_id.empty()) {
      field("incarnation", fmt::format("start {} of the agent, boot {}", node.start_count,
                                       node.boot_id.substr(0, 8)));
    }
    if (instances.empty()) return;
    terminal.say("");
    instance_table(instances, session.now()).print(terminal);
  }

  static std::string load_of(const Load& load) {
    std::string words;
    const auto add = [&](std::string_view what, const std::optional<std::uint16_t>& share) {
      if (share) words += fmt::format("{}{} {}", words.empty() ? "" : ", ", what, percent(share));
    };
    add("cpu", load.cpu);
    add("memory", load.memory);
    add("disk", load.disk);
    add("cpu stall", load.cpu_stall);
    add("memory stall", load.memory_stall);
    add("io stall", load.io_stall);
    return words;
  }

  std::string name_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

class NodeImportCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "node import",
            .summary = "Add the machines of a server_details.json to the manager's nodes.",
            .details =
                "Adds new nodes and updates the addresses of known ones; removes nothing.\n"
                "Names become lower case, with '-' for characters that a name cannot contain.",
            .examples = {
                {"hearth node import server_details.json", ""},
                {"hearth node import servers.json -o json", "their names, and how many are new"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("FILE", "{\"1\": {\"node_name\": \"…\", \"node_ip\": \"…\"}, …}", file_,
                         Arguments::Need::kRequired, usage::kFiles);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    // Read here first, so that an error names the file.
    const auto entries = load_server_details(file_, kAgentPortDefault);
    if (!entries) return tl::unexpected(entries.error());
    Result<std::string> text = read_operator_file(file_, kServerDetailsBytesMax);
    if (!text) return tl::unexpected(text.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto taken = api->send(HttpMethod::kPost, "/v1/nodes/import", *std::move(text));
    if (!taken) return tl::unexpected(taken.error());
    if (output_ == OutputFormat::kJson) {
      session.terminal.say_json(*taken);
      return ExitCode::kOk;
    }
    Table table({{"NAME"}, {"ADDRESS"}, {"IN THE FILE"}});
    for (const NodeEntry& entry : *entries) {
      const bool renamed = entry.display_name != entry.name.str();
      table.add({entry.name.str(), entry.agent.address, renamed ? entry.display_name : ""});
    }
    table.print(session.terminal);
    session.terminal.note(
        fmt::format("{}; see their states: hearth node list", show_count(entries->size(), "node")));
    return ExitCode::kOk;
  }

 private:
  std::string file_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_node_list_command() {
  return std::make_unique<NodeListCommand>();
}
std::unique_ptr<Command> make_node_show_command() {
  return std::make_unique<NodeShowCommand>();
}
std::unique_ptr<Command> make_node_import_command() {
  return std::make_unique<NodeImportCommand>();
}

}  // namespace hearth::cli
