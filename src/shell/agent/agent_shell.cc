#include "shell/agent/agent_shell.h"

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "wire/assignment_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

/// Load changes slowly and reading it costs a few system calls.
constexpr Duration kLoadPeriod = 2s;

}  // namespace

AgentShell::AgentShell(Loop& loop, AgentShellConfig config, core::AgentSettings settings,
                       std::optional<Assignment> stored, std::uint64_t seed, AgentPorts ports,
                       WatchMemory memory)
    : config_(std::move(config)),
      node_(settings.node),
      ports_(std::move(ports)),
      agent_(std::move(settings), std::move(stored), seed, ports_.clock.now(), std::move(memory)),
      disk_(loop.make_worker()),
      images_(ports_.work_folder, ports_.runtime, ports_.content, ports_.http, config_.manager,
              *disk_),
      logs_({.clock = ports_.clock, .runtime = ports_.runtime, .patterns = ports_.patterns},
            [this](const core::AgentEvent& event) { deliver(event); }),
      checks_(ports_.runtime, ports_.prober,
              [this](const core::AgentEvent& event) { deliver(event); }),
      words_(
          loop,
          {.clock = ports_.clock,
           .runtime = ports_.runtime,
           .store = ports_.last_words,
           .disk = *disk_},
          {.deliver = [this](const core::AgentEvent& event) { deliver(event); },
           .warn = [this](const std::string& kind, const std::string& text) { warn(kind, text); }}),
      bus_finder_(
          loop, ports_.http, config_.manager,
          [this](const BusAddress& address) { use_bus(address); },
          [this](const Error& error) {
            warn("manager", "the manager cannot be asked where the bus is: " + error.message);
          }),
      bus_retry_(loop.make_timer([this] { seek_bus(); })),
      deadline_(loop.make_timer([this] { tick(); })) {}

AgentShell::~AgentShell() = default;

Result<void> AgentShell::start() {
  ports_.runtime.watch({
      .on_notice = [this](const ContainerNotice& notice) { on_notice(notice); },
      .on_watching = [this] { words_.pass(core::RuntimeUp{}); },
      .on_missed =
          [this](const Error& error) {
            warn("missed", error.message + "; its containers are listed again");
            deliver(core::NoticeMissed{});
          },
      .on_lost =
          [this](const Error& error) {
            warn("runtime", "lost contact with the container runtime: " + error.message);
            words_.pass(core::RuntimeDown{error.message});
          },
  });
  if (config_.bus) {
    const Result<void> opened = open_bus(*config_.bus);
    if (!opened && opened.error().code == ErrorCode::kInvalidArgument) return opened;
  }
  seek_bus();
  tick();
  return {};
}

void AgentShell::tick() {
  const MonoTime now = ports_.clock.now().mono;
  if (!load_sampled_at_ || now - *load_sampled_at_ >= kLoadPeriod) {
    load_sampled_at_ = now;
    return deliver(core::LoadSampled{
        ports_.sample_load(), ports_.sample_pressure ? ports_.sample_pressure() : Pressure{}});
  }
  deliver(core::AgentTicked{});
}

void AgentShell::deliver(const core::AgentEvent& event) {
  inbox_.push_back(event);
  if (stepping_) return;
  stepping_ = true;
  while (!inbox_.empty()) {
    const core::AgentEvent next = std::move(inbox_.front());
    inbox_.pop_front();
    const std::vector<core::AgentAction> actions = agent_.step(next, ports_.clock.now());
    if (config_.on_step) config_.on_step(next, actions, agent_);
    for (const core::AgentAction& action : actions) {
      std::visit([this](const auto& one) { execute(one); }, action);
    }
  }
  stepping_ = false;
  deadline_->arm(agent_.next_deadline() - ports_.clock.now().mono);
}

void AgentShell::execute(const core::SaveAssignment& action) {
  const auto save = [this, &store = ports_.store,
                     assignment = action.assignment]() -> Worker::OnLoop {
    const Result<void> outcome = store.save(assignment);
    return [this, number = assignment.number, outcome] {
      if (!outcome) warn("save", "the assignment cannot be stored: " + outcome.error().message);
      deliver(core::AssignmentSaved{number, outcome});
    };
  };
  disk_->run(save);
}

void AgentShell::execute(const core::SaveWatchMemory& action) {
  const auto save = [this, &store = ports_.store, action]() -> Worker::OnLoop {
    const Result<void> outcome = store.save_memory(action.memory);
    return [this, number = action.number, outcome] {
      if (!outcome) {
        warn("memory",
             "what is known of the instances cannot be stored: " + outcome.error().message);
      }
      deliver(core::WatchMemorySaved{number, outcome});
    };
  };
  disk_->run(save);
}

void AgentShell::execute(const core::TakeInventory& action) {
  ports_.runtime.inventory([this, number = action.number](const Result<Inventory>& inventory) {
    if (!inventory) {
      warn("inventory", "the containers cannot be listed: " + inventory.error().message);
    } else if (!inventory->missing.empty()) {
      warn("inventory", "the list of the containers is incomplete: " + inventory->missing);
    }
    if (inventory && !inventory->strangers.empty()) warn("strangers", inventory->strangers);
    words_.pass(core::InventoryTaken{number, inventory});
  });
}

void AgentShell::execute(const core::CreateContainer& action) {
  const AssignedInstance& instance = action.instance;
  ContainerRequest request{.instance = instance.id,
                           .workload = instance.workload,
                           .generation = instance.generation,
                           .restarts = action.restarts,
                           .image = instance.image.reference,
                           .spec = instance.spec.container,
                           .stop = instance.spec.stop};
  ports_.runtime.create(std::move(request), [this, operation = action.operation,
                                             id = instance.id](const Result<ContainerId>& made) {
    if (!made)
      warn("create " + id.str(),
           fmt::format("'{}' cannot be created: {}", id.str(), made.error().message));
    const Result<void> outcome = made ? Result<void>() : tl::unexpected(made.error());
    deliver(core::OperationDone{operation, outcome, made.value_or(ContainerId{}), {}});
  });
}

void AgentShell::execute(const core::StartContainer& action) {
  ports_.runtime.start(action.container, report_to(action.operation, "starting a container"));
}

void AgentShell::execute(const core::StopContainer& action) {
  if (action.pre_stop.empty()) return stop(action, action.grace);
  const MonoTime begun = ports_.clock.now().mono;
  ports_.runtime.exec(
      {.container = action.container, .command = action.pre_stop, .timeout = action.grace / 2},
      [this, action, begun](const Result<ExecResult>& done) {
        if (!done) warn("pre-stop", "a pre-stop command: " + done.error().message);
        const Duration used = ports_.clock.now().mono - begun;
        stop(action, std::max(action.grace - used, Duration::zero()));
      });
}

void AgentShell::stop(const core::StopContainer& action, Duration grace) {
  ports_.runtime.stop(action.container, grace, report_to(action.operation, "stopping a container"));
}

void AgentShell::execute(const core::RemoveContainer& action) {
  words_.once_read(action.container, [this, action] {
    ports_.runtime.remove(action.container, report_to(action.operation, "removing a container"));
  });
}

void AgentShell::execute(const core::AdoptContainer& action) {
  ports_.runtime.adopt({.instance = action.instance,
                        .workload = action.workload,
                        .generation = action.generation,
                        .name = action.name},
                       report_adopted(action.operation, "adopting a container"));
}

void AgentShell::execute(const core::RecreateContainer& action) {
  words_.once_read(action.container, [this, action] {
    ports_.runtime.recreate(action.instance, action.restarts,
                            report_adopted(action.operation, "recreating a container"));
  });
}

void AgentShell::execute(const core::LetGo& action) {
  ports_.runtime.let_go(action.instance, report_to(action.operation, "letting go of a container"));
}

Completion<Container> AgentShell::report_adopted(OperationId operation, std::string what) {
  return [this, operation, what = std::move(what)](const Result<Container>& adopted) {
    if (!adopted) warn(what, fmt::format("{} failed: {}", what, adopted.error().message));
    core::OperationDone done{.operation = operation, .outcome = {}, .container = {}, .archive = {}};
    if (adopted) {
      done.adopted = *adopted;
    } else {
      done.outcome = tl::unexpected(adopted.error());
    }
    deliver(done);
  };
}

void AgentShell::execute(const core::FetchImage& action) {
  spdlog::info("fetching image '{}'", action.image.reference);
  images_.fetch(action.image, [this, operation = action.operation](const Result<void>& outcome,
                                                                   core::FetchStep failed_step) {
    if (!outcome) warn("fetch", "fetching an image failed: " + outcome.error().message);
    deliver(core::OperationDone{operation, outcome, {}, {}, failed_step});
  });
}

void AgentShell::execute(const core::BuildImage& action) {
  spdlog::info("building image '{}'", action.order.reference);
  images_.build(action.order, [this, operation = action.operation](const Result<Digest>& built) {
    if (!built) warn("build", "building an image failed: " + built.error().message);
    const Result<void> outcome = built ? Result<void>() : tl::unexpected(built.error());
    deliver(
        core::OperationDone{operation, outcome, {}, built ? std::optional(*built) : std::nullopt});
  });
}

void AgentShell::execute(const core::CancelBuild&) {
  spdlog::info("cancelling the build in progress");
  images_.cancel_build();
}

void AgentShell::execute(const core::SendStatus& action) {
  if (!bus_) {
    if (action.heartbeat.report) inbox_.push_back(core::StatusDropped{});
    return;
  }
  const bool has_report = action.heartbeat.report.has_value();
  const TopicNames topics(bus_address_->topic_prefix);
  publish({.topic = topics.status(node_), .key = {}, .payload = encode(action.heartbeat)},
          [this, has_report](const Result<void>& outcome) {
            if (outcome) {
              ++counters_.statuses_sent;
              return;
            }
            ++counters_.statuses_dropped;
            warn("status", "a status could not be sent: " + outcome.error().message);
            if (has_report) deliver(core::StatusDropped{});
          });
}

void AgentShell::publish(BusRecord record, Completion<void> done) {
  bus_->publish(std::move(record), std::move(done));
}

Completion<void> AgentShell::report_to(OperationId operation, std::string what) {
  return [this, operation, what = std::move(what)](const Result<void>& outcome) {
    if (!outcome) warn(what, fmt::format("{} failed: {}", what, outcome.error().message));
    deliver(core::OperationDone{operation, outcome, {}, {}});
  };
}

void AgentShell::seek_bus() {
  if (config_.bus) {
    use_bus(*config_.bus);
  } else {
    bus_finder_.seek();
  }
}

void AgentShell::use_bus(const BusAddress& address) {
  const Result<void> opened = open_bus(address);
  if (opened) return;
  warn("bus", "bus: " + opened.error().message);
  bus_retry_->arm(config_.bus_retry);  // Without a bus nothing else would trigger a retry.
}

Result<void> AgentShell::open_bus(const BusAddress& address) {
  if (bus_ && bus_address_ == address) return {};
  if (bus_ && bus_address_->topic_prefix == address.topic_prefix) {
    const Result<void> outcome = bus_->reconnect(address.bootstrap);
    if (outcome) bus_address_ = address;
    return outcome;
  }
  Result<std::unique_ptr<Bus>> bus = ports_.open_bus(address.bootstrap);
  if (!bus) return tl::unexpected(bus.error());
  bus_ = *std::move(bus);
  bus_address_ = address;
  bus_->set_handlers({
      .on_message = [this](const BusMessage& message) { on_message(message); },
      .on_caught_up = [this](const std::string&) { deliver(core::AssignmentsCaughtUp{}); },
      .on_error = [this](const Error& error) { on_bus_error(error); },
      .on_oversized = [this](const BusMessage& message, const Error& why) { reject(message, why); },
  });
  bus_->follow(TopicNames(address.topic_prefix).assignment(node_), FollowFrom::kBeginning);
  spdlog::info("bus at {}", address.bootstrap);
  return {};
}

void AgentShell::on_message(const BusMessage& message) {
  Result<Assignment> assignment = decode_assignment(message.payload);
  if (assignment) return deliver(core::AssignmentReceived{*std::move(assignment)});
  reject(message, assignment.error());
}

void AgentShell::reject(const BusMessage& message, const Error& error) {
  ++counters_.payloads_rejected;
  warn("payload", fmt::format("topic '{}' offset {}: {}; the message is ignored", message.topic,
                              message.offset, error.message));
}

void AgentShell::on_bus_error(const Error& error) {
  warn("bus", "bus: " + error.message);
  // An embedded broker might have restarted on another port.
  if (!config_.bus) bus_finder_.seek();
}

void AgentShell::on_notice(const ContainerNotice& notice) {
  switch (notice.kind) {
    case ContainerNotice::Kind::kStarted:
      return words_.pass(core::ContainerStarted{notice.container, notice.instance});
    case ContainerNotice::Kind::kExited:
      return words_.pass(core::ContainerExited{notice.container, notice.instance,
                                               notice.exit.value_or(ContainerExit{})});
    case ContainerNotice::Kind::kRemoved:
      checks_.forget(notice.container, notice.instance);
      return words_.pass(core::ContainerRemoved{notice.container, notice.instance});
    case ContainerNotice::Kind::kPaused:
      return words_.pass(core::ContainerPaused{notice.container, notice.instance, true});
    case ContainerNotice::Kind::kUnpaused:
      return words_.pass(core::ContainerPaused{notice.container, notice.instance, false});
    case ContainerNotice::Kind::kRestarted:
      return words_.pass(core::ContainerNoted{notice.container, notice.instance,
                                              "its container was restarted by somebody else"});
    case ContainerNotice::Kind::kChildOutOfMemory:
      return words_.pass(core::ContainerNoted{notice.container, notice.instance,
                                              "a process of it was killed, out of memory; its main "
                                              "process goes on"});
    case ContainerNotice::Kind::kHealth:
      return words_.pass(core::HealthcheckReported{.container = notice.container,
                                                   .instance = notice.instance,
                                                   .by = core::HealthcheckReported::By::kNotice,
                                                   .health = notice.health,
                                                   .output = {}});
    case ContainerNotice::Kind::kRenamed: return;  // Nothing is decided by these.
  }
}

void AgentShell::warn(const std::string& kind, const std::string& text) {
  log_limit_.warn(kind, text, ports_.clock.now().mono);
}

}  // namespace hearth
