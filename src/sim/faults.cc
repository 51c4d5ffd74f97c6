#include "sim/faults.h"

#include <algorithm>
#include <utility>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

FaultSchedule::FaultSchedule(Cluster& cluster, MonoTime end)
    : cluster_(cluster),
      world_(cluster.world()),
      end_(end),
      gap_max_(world_.between(seconds(1), seconds(20))) {
  // A seed with few kinds of trouble goes deeper into each than one with all of them.
  const bool all = world_.chance(300);
  for (std::uint64_t kind = 0; kind < kKinds; ++kind) {
    if (all || world_.chance(250)) mix_.push_back(static_cast<Kind>(kind));
  }
  if (!mix_.empty()) plan_next();
}

void FaultSchedule::plan_next() {
  const MonoTime next = world_.now() + world_.between(milliseconds(50), gap_max_);
  if (next >= end_) return;
  world_.at(next, [this] {
    strike();
    plan_next();
  });
}

void FaultSchedule::strike() {
  const std::vector<NodeName> names = cluster_.node_names();
  const NodeName& node = names[world_.prng().below(names.size())];
  strike(mix_[world_.prng().below(mix_.size())], node);
}

void FaultSchedule::strike(Kind kind, const NodeName& node) {
  SimMachine& machine = cluster_.machine(node);
  SimBroker& broker = cluster_.broker();
  SimManager& manager = cluster_.manager();
  switch (kind) {
    case Kind::kContainerCrash: return crash_a_container(node);
    case Kind::kContainerCrashLoop: return crash_again_and_again(node, 8);
    case Kind::kAgentCrash:
      return machine.crash_agent(world_.between(milliseconds(200), seconds(2)));
    case Kind::kAgentCrashAtSave:
      return machine.crash_agent_at_save(world_.chance(500) ? SimMachine::SaveCrash::kBefore
                                                            : SimMachine::SaveCrash::kAfter);
    case Kind::kAgentDownLong: return machine.crash_agent(world_.between(seconds(3), seconds(20)));
    case Kind::kNodeReset: machine.power_off(); return machine.power_on();
    case Kind::kNodeCrash:
      machine.power_off();
      // Where no manager does it, a person switches it on again.
      return for_a_while(seconds(5), seconds(60), [&machine] { machine.power_on(); });
    case Kind::kNodeFreeze:
      machine.freeze();
      return for_a_while(milliseconds(300), seconds(15), [&machine] { machine.thaw(); });
    case Kind::kEngineRestart:
      return machine.engine().restart(world_.between(milliseconds(300), seconds(5)));
    case Kind::kEngineHangs:
      cluster_.checker().on_engine_trouble(node);
      machine.engine().hang();
      return for_a_while(seconds(1), seconds(40), [this, &machine, node] {
        machine.engine().go_on();
        cluster_.checker().on_engine_trouble_ended(node);
      });
    case Kind::kImagesLost:
      world_.note(node.str(), "its images are gone");
      return machine.engine().lose_images();
    case Kind::kDiskFull:
      world_.note(node.str(), "its disk is full");
      machine.disk().set_full(true);
      return for_a_while(seconds(1), seconds(15), [&machine] { machine.disk().set_full(false); });
    case Kind::kDiskBusy:
      world_.note(node.str(), "its disk is busy");
      machine.disk().set_busy(true);
      return for_a_while(seconds(2), seconds(20), [&machine] { machine.disk().set_busy(false); });
    case Kind::kDiskLost: return machine.lose_disk(world_.between(seconds(2), seconds(5)));
    case Kind::kManagerCrash:
      return manager.crash_for(world_.between(milliseconds(100), seconds(8)));
    case Kind::kManagerFreeze:
      manager.freeze();
      return for_a_while(milliseconds(300), seconds(10), [&manager] { manager.thaw(); });
    case Kind::kStoreFails:
      world_.note("store", "takes nothing");
      manager.set_store_fails(true);
      return for_a_while(milliseconds(300), seconds(6), [this, &manager] {
        world_.note("store", "takes again");
        manager.set_store_fails(false);
      });
    case Kind::kBrokerStall:
    case Kind::kBrokerDown:
      world_.note("broker", kind == Kind::kBrokerStall ? "stalls" : "is down");
      broker.set_state(kind == Kind::kBrokerStall ? SimBroker::State::kStalled
                                                  : SimBroker::State::kDown);
      return for_a_while(milliseconds(200), seconds(12), [this, &broker] {
        world_.note("broker", "carries");
        broker.set_state(SimBroker::State::kCarries);
      });
    case Kind::kNodeCutFromBus: return cut(node, true, false);
    case Kind::kNodeCutFromManager: return cut(node, false, true);
    case Kind::kNodeCutOff: return cut(node, true, true);
    case Kind::kManagerCutFromBus:
      world_.note("manager", "is cut from the bus");
      broker.cut(kManagerWay);
      return for_a_while(milliseconds(200), seconds(10), [this, &broker] {
        world_.note("manager", "reaches the bus");
        broker.join(kManagerWay);
      });
    case Kind::kBusTrouble:
      world_.note("broker", "loses, doubles and delays");
      broker.set_faults({.loss = static_cast<std::uint32_t>(world_.prng().below(200)),
                         .duplication = static_cast<std::uint32_t>(world_.prng().below(200)),
                         .delay_max = world_.between(milliseconds(5), milliseconds(400))});
      return for_a_while(seconds(2), seconds(20), [&broker] { broker.set_faults({}); });
    case Kind::kEngineTrouble:
      world_.note(node.str(), "its engine fails now and then");
      cluster_.checker().on_engine_trouble(node);
      machine.engine().set_faults({.failure = 200});
      return for_a_while(seconds(2), seconds(20), [this, &machine, node] {
        machine.engine().set_faults({});
        cluster_.checker().on_engine_trouble_ended(node);
      });
    case Kind::kPowerTrouble:
      world_.note("power", "switches fail now and then");
      cluster_.set_power_faults({.failure = 300, .no_answer = 150, .deaf = 300});
      return for_a_while(seconds(5), seconds(30), [this] { cluster_.set_power_faults({}); });
    case Kind::kTopicsLost: world_.note("broker", "loses its disk"); return broker.lose_topics();
  }
}

void FaultSchedule::crash_a_container(const NodeName& node) {
  const SimMachine& machine = cluster_.machine(node);
  if (!machine.is_up() || machine.is_frozen()) return;
  std::vector<ContainerId> running;
  for (const auto& [id, container] : machine.engine().containers()) {
    if (container.state == ContainerState::kRunning) running.push_back(id);
  }
  if (running.empty()) return;
  cluster_.machine(node).engine().crash(running[world_.prng().below(running.size())]);
}

void FaultSchedule::crash_again_and_again(const NodeName& node, std::uint32_t times) {
  if (times == 0 || world_.now() >= end_) return;
  crash_a_container(node);
  world_.after(world_.between(milliseconds(300), seconds(4)),
               [this, node, times] { crash_again_and_again(node, times - 1); });
}

void FaultSchedule::cut(const NodeName& node, bool bus, bool dial) {
  world_.note(node.str(), bus && dial ? "is cut off"
                          : bus       ? "is cut from the bus"
                                      : "cannot be dialled");
  if (bus) cluster_.broker().cut(node.str());
  if (dial) cluster_.cut_dial(node);
  for_a_while(milliseconds(300), seconds(25), [this, node] {
    world_.note(node.str(), "is joined again");
    cluster_.broker().join(node.str());
    cluster_.join_dial(node);
  });
}

void FaultSchedule::for_a_while(Duration low, Duration high, Task end) {
  const MonoTime when = world_.now() + world_.between(low, high);
  if (when < end_) world_.at(when, std::move(end));
}

}  // namespace hearth::sim
