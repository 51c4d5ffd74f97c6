#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/client/release_follower.h"
#include "cli/instance_table.h"
#include "cli/waiting_command.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

/// `rollback` and `restart`: each deploys a release that the manager has already.
class ReleaseCommand final : public WaitingCommand {
 public:
  enum class Verb : std::uint8_t { kRollBack, kRestart };

  explicit ReleaseCommand(Verb verb)
      : WaitingCommand(std::chrono::minutes(10), "how long to wait (10m)"), verb_(verb) {}

  CommandText text() const override {
    if (verb_ == Verb::kRollBack) {
      return {.name = "rollback",
              .summary = "Deploy an earlier release of a workload again.",
              .details =
                  "Without --to, the latest release before the current one that did not fail.\n"
                  "While a release is being rolled out, that roll-out ends instead, and the\n"
                  "release before it is kept running. Waits until all instances are ready.",
              .examples = {{"hearth rollback heater", ""},
                           {"hearth rollback heater --to 3", "see: hearth releases heater"}}};
    }
    return {.name = "restart",
            .summary = "Replace every instance of a workload by a fresh one.",
            .details =
                "The release stays the same. One instance at a time; a stopped workload starts.\n"
                "Waits until all instances are ready.",
            .examples = {{"hearth restart heater", ""},
                         {"hearth restart heater --no-wait", "do not wait for the new instances"}}};
  }

 private:
  void declare_more(Arguments& arguments) override {
    if (verb_ == Verb::kRollBack) {
      arguments.value({"--to", "G", "the number of the release to return to"}, to_, 1,
                      std::numeric_limits<std::uint32_t>::max());
    }
  }
  Result<ExitCode> carry_out(const ApiClient& api, Session& session) override {
    const Result<AcceptedView> accepted = ask(api);
    if (!accepted) return tl::unexpected(accepted.error());
    Terminal& terminal = session.terminal;
    if (!waits()) {
      print_accepted(*accepted, terminal);
      return ExitCode::kOk;
    }
    terminal.note(printable(accepted->message));
    const DeployProgress progress{
        .on_step = [&](const std::string& line) { terminal.note(line); },
        .on_build_output = [&](std::string_view output) { terminal.relay(output); }};
    const auto followed = follow_release(api, name(), accepted->generation, timeout(), progress);
    if (!followed) return tl::unexpected(followed.error());
    print_deployed(accepted->generation, followed->instances, session);
    return ExitCode::kOk;
  }

  Result<AcceptedView> ask(const ApiClient& api) const {
    const bool rolls_back = verb_ == Verb::kRollBack;
    const Result<std::string> taken =
        api.send(HttpMethod::kPost,
                 fmt::format("/v1/workloads/{}/{}", name(), rolls_back ? "rollback" : "restart"),
                 to_ ? fmt::format(R"({{"to":{}}})", *to_) : std::string());
    if (!taken) return tl::unexpected(taken.error());
    return decode_accepted(*taken);
  }

  void print_accepted(const AcceptedView& accepted, Terminal& terminal) const {
    if (prints_json()) {
      terminal.say_json(
          fmt::format(R"({{"name":"{}","generation":{}}})", name(), accepted.generation));
    } else {
      terminal.say(
          fmt::format("{}; to follow it: hearth ps {}", printable(accepted.message), name()));
    }
  }

  void print_deployed(std::uint64_t generation, const std::vector<InstanceView>& instances,
                      Session& session) const {
    Terminal& terminal = session.terminal;
    if (!prints_json()) {
      terminal.say(fmt::format("release {} of {} is deployed", generation, name()));
      if (!instances.empty()) instance_table(instances, session.now()).print(terminal);
      return;
    }
    JsonWriter out;
    out.begin_object().field("name", name()).field("generation", generation);
    write_instances(out.key("instances"), instances);
    out.end_object();
    terminal.say_json(std::move(out).text());
  }

  Verb verb_;
  std::optional<std::uint32_t> to_;
};

}  // namespace

std::unique_ptr<Command> make_rollback_command() {
  return std::make_unique<ReleaseCommand>(ReleaseCommand::Verb::kRollBack);
}
std::unique_ptr<Command> make_restart_command() {
  return std::make_unique<ReleaseCommand>(ReleaseCommand::Verb::kRestart);
}

}  // namespace hearth::cli
