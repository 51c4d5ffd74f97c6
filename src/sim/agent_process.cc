#include "sim/agent_process.h"

#include <utility>

#include <fmt/format.h>

#include "sim/core_check.h"

namespace hearth::sim {
namespace {

const Endpoint kManager{"manager", 7700};

}  // namespace

AgentProcess::AgentProcess(const Node& node, const Config& config, const Hooks& hooks)
    : hooks_(hooks),
      settings_(begin(node, config)),
      name_(settings_.node.str()),
      loop_(node.host, node.disk),
      runtime_({.loop = loop_,
                .engine = node.engine,
                .folder = node.folder,
                .disk = node.disk,
                .on_stop = hooks.on_stop}),
      prober_(loop_, node.engine),
      http_(loop_,
            [this](const HttpCall& call) -> std::optional<Result<HttpReply>> {
              if (!hooks_.manager_reachable()) return std::nullopt;
              return hooks_.manager(call);
            }),
      content_({.loop = loop_,
                .content = node.content,
                .folder = node.folder,
                .disk = node.disk,
                .reachable = hooks.manager_reachable}) {
  AgentShellConfig shell_config{.manager = kManager, .bus = config.bus};
  shell_config.on_step = [this](const core::AgentEvent& event,
                                const std::vector<core::AgentAction>& actions,
                                core::Agent& agent) { on_step(event, actions, agent); };
  shell_.emplace(loop_, std::move(shell_config), settings_, load(node),
                 node.host.world().prng().next(), ports(node), load_memory(node));
  // As the process's main function does: this returns before the loop runs.
  loop_.post([this] { (void)shell_->start(); });
}

core::AgentSettings AgentProcess::begin(const Node& node, const Config& config) {
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(node.host.instant().mono.time_since_epoch());
  core::AgentSettings settings = config.settings;
  settings.incarnation = {.boot_id = config.boot_id,
                          .start_count = *node.store.count_start(
                              config.boot_id, static_cast<std::uint64_t>(uptime.count()) + 1)};
  return settings;
}

/// A damaged file must not keep the node down: it is treated as if nothing were stored.
std::optional<Assignment> AgentProcess::load(const Node& node) const {
  Result<std::optional<Assignment>> stored = node.store.load();
  node.host.world().note(
      name_, fmt::format("the agent starts{}", !stored   ? ", and what it stored is damaged"
                                               : *stored ? ""
                                                         : ", with nothing stored"));
  return stored ? *std::move(stored) : std::nullopt;
}

WatchMemory AgentProcess::load_memory(const Node& node) {
  return node.store.load_memory().value_or(WatchMemory{});
}

AgentPorts AgentProcess::ports(const Node& node) {
  return {.clock = loop_,
          .runtime = runtime_,
          .patterns = patterns_,
          .prober = prober_,
          .store = node.store,
          .last_words = last_words_,
          .work_folder = node.folder,
          .http = http_,
          .content = content_,
          .sample_load = [] { return Load{.cpu = 100, .memory = 200}; },
          .open_bus = [this, &broker = node.broker](
                          const std::string& bootstrap) -> Result<std::unique_ptr<Bus>> {
            auto bus =
                std::make_unique<SimBus>(loop_, broker,
                                         SimBus::Config{.way = name_,
                                                        .bootstrap = bootstrap,
                                                        .send_within = kAgentSendWithin,
                                                        .send_queue_max = kAgentSendQueueMax},
                                         SimBus::Hooks{});
            bus_ = bus.get();
            return bus;
          }};
}

void AgentProcess::on_step(const core::AgentEvent& event,
                           const std::vector<core::AgentAction>& actions, core::Agent& agent) {
  if (!loop_.runs()) return;
  if (std::holds_alternative<core::AssignmentSaved>(event)) --saves_under_way_;
  if (std::holds_alternative<core::WatchMemorySaved>(event)) --memory_saves_;
  if (const auto* done = std::get_if<core::OperationDone>(&event)) note_end_of_build(*done);
  for (const core::AgentAction& action : actions) note(action, agent);
  if (agent.next_deadline() <= loop_.now().mono) {
    loop_.world().violate("no-busy-loop",
                          fmt::format("the agent of '{}' requests a wake-up in the past", name_));
  }
  check_and_swap(loop_.world(), name_, settings_, agent, saved::agent_state_from_bytes);
}

void AgentProcess::note_change(const core::AgentAction& action, const core::Agent& agent) {
  if (const auto* start = std::get_if<core::StartContainer>(&action)) {
    hooks_.on_change(start->container);
    hooks_.on_start(start->container, *agent.status().report);
  } else if (const auto* stop = std::get_if<core::StopContainer>(&action)) {
    hooks_.on_change(stop->container);
  } else if (const auto* remove = std::get_if<core::RemoveContainer>(&action)) {
    hooks_.on_change(remove->container);
  } else if (const auto* recreate = std::get_if<core::RecreateContainer>(&action)) {
    hooks_.on_change(recreate->container);
    hooks_.on_recreate(recreate->instance);
  }
}

void AgentProcess::note(const core::AgentAction& action, const core::Agent& agent) {
  note_change(action, agent);
  if (const auto* status = std::get_if<core::SendStatus>(&action)) {
    hooks_.on_status(status->heartbeat);
  } else if (const auto* build = std::get_if<core::BuildImage>(&action)) {
    building_ = *build;
    hooks_.on_build_begins(build->order);
  } else if (const auto* create = std::get_if<core::CreateContainer>(&action)) {
    hooks_.on_create(create->instance.id);
  } else if (std::holds_alternative<core::SaveWatchMemory>(action) && ++memory_saves_ > 1) {
    loop_.world().violate("one-save",
                          fmt::format("the agent of '{}' stores two memories at a time", name_));
  } else if (std::holds_alternative<core::SaveAssignment>(action) && ++saves_under_way_ > 1) {
    loop_.world().violate("one-save",
                          fmt::format("the agent of '{}' stores two assignments at a time", name_));
  }
}

void AgentProcess::note_end_of_build(const core::OperationDone& done) {
  if (!building_ || building_->operation != done.operation) return;
  const core::BuildImage build = *std::exchange(building_, std::nullopt);
  hooks_.on_build_ends(build.order, done.outcome ? Result<Digest>(*done.archive)
                                                 : tl::unexpected(done.outcome.error()));
}

}  // namespace hearth::sim
