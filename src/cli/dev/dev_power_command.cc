#include <algorithm>

#include <fmt/format.h>

#include "cli/dev/dev_command.h"
#include "cli/dev/dev_facts.h"
#include "cli/dev/dev_state.h"
#include "cli/dev/power_protocol.h"

namespace hearth::cli {
namespace {

constexpr Duration kPowerWithin = std::chrono::seconds(60);

class DevPowerCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "dev power",
        .summary = "Switch a dev node off or on, or make it hang.",
        .details =
            "off kills its agent and its containers; on boots it again. freeze makes them hang,\n"
            "as on a machine with a hung kernel; thaw makes them continue.",
        .examples = {{"hearth dev power freeze node-2", "watch: hearth events -f"},
                     {"hearth dev power off node-1", ""},
                     {"hearth dev power status node-1 -o json", "{\"node\", \"state\"}"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ACTION", "off, on, freeze, thaw or status", action_,
                         Arguments::Need::kRequired, "off on freeze thaw status");
    arguments.positional("NODE", "its name: node-1, …", node_);
    arguments.value(
        {"--state", "DIR", "the dev cluster's folder, as given to hearth dev", usage::kFolders},
        state_);
    declare_output(arguments, output_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<PowerAction> action = parse_power_action(action_);
    if (!action) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}': {}", printable(action_), action.error().message));
    }
    Result<NodeName> node = NodeName::parse(node_);
    if (!node) return tl::unexpected(node.error());
    const auto folder = dev_state_folder(state_, session);
    if (!folder) return tl::unexpected(folder.error());
    const Result<DevFacts> facts = load_facts(*folder);
    if (!facts) return tl::unexpected(facts.error());
    if (std::find(facts->nodes.begin(), facts->nodes.end(), *node) == facts->nodes.end()) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("there is no dev node '{}': they are node-1 to node-{}", node->str(),
                              facts->nodes.size()));
    }
    const auto state = ask_power(facts->power_socket, {*action, *node}, kPowerWithin);
    if (!state) return tl::unexpected(of_this_machine(state.error()));
    session.terminal.say(
        output_ == OutputFormat::kJson
            ? fmt::format(R"({{"node":"{}","state":"{}"}})", node->str(), name_of(*state))
            : in_words(*action, *node, *state));
    return ExitCode::kOk;
  }

 private:
  static std::string in_words(PowerAction action, const NodeName& node, PowerState state) {
    switch (action) {
      case PowerAction::kFreeze: return node.str() + " hangs";
      case PowerAction::kThaw: return node.str() + " continues";
      case PowerAction::kOff:
      case PowerAction::kOn:
      case PowerAction::kStatus: break;
    }
    return fmt::format("{} is {}", node.str(), name_of(state));
  }

  std::string action_;
  std::string node_;
  std::filesystem::path state_;
  OutputFormat output_ = OutputFormat::kText;
};

}  // namespace

std::unique_ptr<Command> make_dev_power_command() {
  return std::make_unique<DevPowerCommand>();
}

}  // namespace hearth::cli
