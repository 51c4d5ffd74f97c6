#include "sim/manager_process.h"

#include <utility>

#include "sim/core_check.h"
#include "wire/assignment_codec.h"
#include "wire/event_codec.h"

namespace hearth::sim {
namespace {

using std::chrono::seconds;

constexpr Duration kSendWithin = seconds(5);
constexpr std::size_t kSendQueueMax = 20'000;
/// Short enough for the store's faults in a simulated minute to exceed it at times.
constexpr Duration kStorePatience = seconds(20);
constexpr Duration kCommitSlowAfter = seconds(2);

}  // namespace

ManagerProcess::ManagerProcess(const Parts& parts, const Config& config, const Hooks& hooks)
    : hooks_(hooks),
      topics_(config.topic_prefix),
      loop_(parts.host, parts.disk),
      bus_(loop_, parts.broker,
           {.way = kManagerWay,
            .bootstrap = parts.broker.address(),
            .send_within = kSendWithin,
            .send_queue_max = kSendQueueMax},
           {.on_publish = [this](const BusRecord& record) { on_publish(record); },
            .on_effect = hooks.on_effect}),
      dialer_(loop_, hooks.dial, hooks.on_effect),
      http_(loop_, hooks.agents, hooks.on_effect),
      power_(loop_, parts.power_faults,
             {.on_order = hooks.on_power_order,
              .on_switch = hooks.switch_power,
              .on_effect = hooks.on_effect}) {
  ManagerShellConfig shell_config{.topic_prefix = config.topic_prefix,
                                  .bus_bootstrap = parts.broker.address(),
                                  .store_patience = kStorePatience,
                                  .commit_slow_after = kCommitSlowAfter,
                                  .inbox = {.events_max = config.inbox_max}};
  shell_config.on_step = [this](const core::ManagerEvent&, const core::ManagerBatch& batch,
                                core::Manager& manager) { on_step(batch, manager); };
  shell_.emplace(loop_, std::move(shell_config), config.settings, *parts.store.load(),
                 ManagerPorts{.clock = loop_,
                              .bus = bus_,
                              .store = parts.store,
                              .dialer = dialer_,
                              .http = http_,
                              .power = power_},
                 hooks.on_fatal);
  // As the process's main function does: this returns before the loop runs.
  loop_.post([this] { shell_->start(); });
}

void ManagerProcess::ask(Command command, Completion<core::CommandResult> done) {
  loop_.post([this, command = std::move(command), done = std::move(done)] {
    shell_->submit(command, [this, done](const Result<core::CommandResult>& result) {
      done(result);
      hooks_.on_effect();
    });
  });
}

void ManagerProcess::on_publish(const BusRecord& record) const {
  if (record.topic == topics_.events())
    return hooks_.on_event(*decode_cluster_event(record.payload));
  const std::optional<NodeName> node = topics_.node_of(record.topic);
  if (node) hooks_.on_assignment(*decode_assignment(record.payload));
}

void ManagerProcess::on_step(const core::ManagerBatch& batch, core::Manager& manager) {
  if (!loop_.runs()) return;
  if (manager.next_deadline() <= loop_.now().mono) {
    loop_.world().violate("no-busy-loop", "the manager requests a wake-up in the past");
  }
  hooks_.on_batch(batch);
  const core::ManagerSettings settings = manager.settings();
  check_and_swap(loop_.world(), "the manager", settings, manager, saved::manager_state_from_bytes);
}

}  // namespace hearth::sim
