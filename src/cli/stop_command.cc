#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(200);

/// `stop` and `rm`: `stop` keeps the workload in the manager's store, `rm` removes it.
class EndCommand final : public Command {
 public:
  enum class Verb : std::uint8_t { kStop, kRemove };

  explicit EndCommand(Verb verb) : verb_(verb) {}

  CommandText text() const override {
    if (verb_ == Verb::kStop) {
      return {.name = "stop",
              .summary = "Stop all instances of a workload, but keep the workload.",
              .details =
                  "Deploying it again starts it. Waits until all its instances are gone.\n"
                  "An adopted container is stopped and kept; 'hearth restart' starts it again.",
              .examples = {{"hearth stop heater", ""}}};
    }
    return {.name = "rm",
            .summary = "Stop all instances of a workload and remove it.",
            .details =
                "Waits until all its instances are gone.\n"
                "An adopted container is let go: it goes on as it is, with its restart policy of "
                "before.",
            .examples = {{"hearth rm heater", ""},
                         {"hearth rm heater --no-wait", "do not wait for its containers to end"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("WORKLOAD", "its name", name_);
    arguments.flag({"--no-wait", "", "return once the manager has accepted it"}, no_wait_);
    arguments.value({"--timeout", "TIME", "how long to wait (2m)"}, timeout_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    if (const auto name = WorkloadName::parse(name_); !name) return tl::unexpected(name.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const bool stops = verb_ == Verb::kStop;
    say_what_becomes_of_adopted(*api, session.terminal);
    const auto taken =
        stops ? api->send(HttpMethod::kPost, fmt::format("/v1/workloads/{}/stop", name_))
              : api->send(HttpMethod::kDelete, "/v1/workloads/" + name_);
    if (!taken) return tl::unexpected(taken.error());
    if (!no_wait_) {
      if (Result<void> gone = wait_until_gone(*api); !gone) return tl::unexpected(gone.error());
    }
    const std::string_view state = no_wait_ ? "stopping" : stops ? "stopped" : "removed";
    session.terminal.say(output_ == OutputFormat::kJson
                             ? fmt::format(R"({{"name":"{}","state":"{}"}})", name_, state)
                             : fmt::format("{} is {}", name_, state));
    return ExitCode::kOk;
  }

 private:
  /// Of a workload that the manager does not know it says nothing: the request fails then.
  void say_what_becomes_of_adopted(const ApiClient& api, Terminal& terminal) const {
    const Result<std::string> known = api.get("/v1/workloads/" + name_);
    if (!known) return;
    const Result<WorkloadView> workload = decode_workload(*known);
    if (!workload || workload->adopted.empty()) return;
    terminal.note(
        verb_ == Verb::kStop
            ? fmt::format("container '{}' is stopped and kept; to let it go: hearth rm {}",
                          workload->adopted, name_)
            : fmt::format("container '{}' is let go: it goes on as it is, without Hearth",
                          workload->adopted));
  }
  Result<void> wait_until_gone(const ApiClient& api) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    for (;;) {
      const auto pages = api.get_pages("/v1/instances?workload=" + name_);
      // The manager does not know a removed workload.
      if (!pages && pages.error().code == ErrorCode::kNotFound) return {};
      if (!pages) return tl::unexpected(pages.error());
      const auto left = decode_instances(*pages);
      if (!left) return tl::unexpected(left.error());
      const bool is_over = std::all_of(left->begin(), left->end(), [&](const InstanceView& one) {
        return verb_ == Verb::kStop && one.desired_state == "stage" && one.state == "staged";
      });
      if (is_over) return {};
      if (std::chrono::steady_clock::now() > deadline) {
        return fail(ErrorCode::kTimeout,
                    fmt::format("{} of '{}' still there; see: hearth ps {}",
                                show_count(left->size(), "instance"), name_, name_));
      }
      std::this_thread::sleep_for(kPollInterval);
    }
  }

  Verb verb_;
  std::string name_;
  bool no_wait_ = false;
  Duration timeout_ = std::chrono::minutes(2);
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_stop_command() {
  return std::make_unique<EndCommand>(EndCommand::Verb::kStop);
}
std::unique_ptr<Command> make_rm_command() {
  return std::make_unique<EndCommand>(EndCommand::Verb::kRemove);
}

}  // namespace hearth::cli
