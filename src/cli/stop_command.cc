#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/waiting_command.h"

namespace hearth::cli {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(200);

/// `stop` and `rm`: `stop` keeps the workload in the manager's store, `rm` removes it.
class EndCommand final : public WaitingCommand {
 public:
  enum class Verb : std::uint8_t { kStop, kRemove };

  explicit EndCommand(Verb verb)
      : WaitingCommand(std::chrono::minutes(2), "how long to wait (2m)"), verb_(verb) {}

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

 private:
  Result<ExitCode> carry_out(const ApiClient& api, Session& session) override {
    const bool stops = verb_ == Verb::kStop;
    say_what_becomes_of_adopted(api, session.terminal);
    const auto taken =
        stops ? api.send(HttpMethod::kPost, fmt::format("/v1/workloads/{}/stop", name()))
              : api.send(HttpMethod::kDelete, "/v1/workloads/" + name());
    if (!taken) return tl::unexpected(taken.error());
    if (waits()) {
      if (Result<void> gone = wait_until_gone(api); !gone) return tl::unexpected(gone.error());
    }
    const std::string_view state = !waits() ? "stopping" : stops ? "stopped" : "removed";
    session.terminal.say(prints_json()
                             ? fmt::format(R"({{"name":"{}","state":"{}"}})", name(), state)
                             : fmt::format("{} is {}", name(), state));
    return ExitCode::kOk;
  }

  /// Of a workload that the manager does not know it says nothing: the request fails then.
  void say_what_becomes_of_adopted(const ApiClient& api, Terminal& terminal) const {
    const Result<std::string> known = api.get("/v1/workloads/" + name());
    if (!known) return;
    const Result<WorkloadView> workload = decode_workload(*known);
    if (!workload || workload->adopted.empty()) return;
    terminal.note(
        verb_ == Verb::kStop
            ? fmt::format("container '{}' is stopped and kept; to let it go: hearth rm {}",
                          workload->adopted, name())
            : fmt::format("container '{}' is let go: it goes on as it is, without Hearth",
                          workload->adopted));
  }
  Result<void> wait_until_gone(const ApiClient& api) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout();
    for (;;) {
      const auto pages = api.get_pages("/v1/instances?workload=" + name());
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
                                show_count(left->size(), "instance"), name(), name()));
      }
      std::this_thread::sleep_for(kPollInterval);
    }
  }

  Verb verb_;
};

}  // namespace

std::unique_ptr<Command> make_stop_command() {
  return std::make_unique<EndCommand>(EndCommand::Verb::kStop);
}
std::unique_ptr<Command> make_rm_command() {
  return std::make_unique<EndCommand>(EndCommand::Verb::kRemove);
}

}  // namespace hearth::cli
