#include "sim/faults.h"

#include <string>
#include <utility>

#include "sim/hands.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

const std::vector<FaultSchedule::Fault>& FaultSchedule::all_faults() {
  using Self = FaultSchedule;
  static const std::vector<Fault> all{
      &Self::crash_container,
      &Self::crash_container_in_a_loop,
      &Self::break_workload,
      &Self::sicken_program,
      &Self::meddle_with_container,
      &Self::rotate_logs,
      &Self::forbid_logs,
      &Self::crash_agent,
      &Self::crash_agent_at_save,
      &Self::crash_agent_for_long,
      &Self::reset_node,
      &Self::crash_node,
      &Self::freeze_node,
      &Self::restart_engine,
      &Self::hang_engine,
      &Self::trouble_engine,
      &Self::lose_images,
      &Self::fill_disk,
      &Self::busy_disk,
      &Self::hang_disk,
      &Self::lose_disk,
      &Self::damage_file_at_power_cut,
      &Self::crash_manager,
      &Self::freeze_manager,
      &Self::fail_commits,
      &Self::hang_commits,
      &Self::lose_commits,
      &Self::stall_broker,
      &Self::stop_broker,
      &Self::lose_topics,
      &Self::trouble_bus,
      &Self::write_foreign_records,
      &Self::cut_node_from_bus,
      &Self::cut_node_from_manager,
      &Self::cut_node_off,
      &Self::cut_manager_from_bus,
      &Self::start_agent_cut_off,
      &Self::start_manager_cut_off,
      &Self::trouble_power,
  };
  return all;
}

FaultSchedule::FaultSchedule(Cluster& cluster, MonoTime end)
    : cluster_(cluster),
      world_(cluster.world()),
      end_(end),
      gap_max_(world_.between(seconds(1), seconds(20))) {
  // A seed with few kinds of faults explores each more deeply than one with all of them.
  const bool all = world_.chance(300);
  for (const Fault fault : all_faults()) {
    if (all || world_.chance(250)) mix_.push_back(fault);
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
  cluster_.service_checker().on_disturbance();
  (this->*mix_[world_.prng().below(mix_.size())])(node);
}

void FaultSchedule::for_a_while(Duration low, Duration high, Task end) {
  const MonoTime when = world_.now() + world_.between(low, high);
  if (when < end_) world_.at(when, std::move(end));
}

// -- a node's containers, agent, machine

/// One that runs and that its node can do something about; nullopt: there is none.
std::optional<ContainerId> FaultSchedule::draw_container(const NodeName& node) {
  SimMachine& machine = cluster_.machine(node);
  if (!machine.is_up() || machine.is_frozen()) return std::nullopt;
  std::vector<ContainerId> running;
  for (const auto& [id, container] : machine.engine().containers()) {
    if (container.state == ContainerState::kRunning) running.push_back(id);
  }
  if (running.empty()) return std::nullopt;
  return running[world_.prng().below(running.size())];
}

void FaultSchedule::crash_container(const NodeName& node) {
  if (const auto container = draw_container(node))
    cluster_.machine(node).engine().crash(*container);
}

void FaultSchedule::break_workload(const NodeName& node) {
  const auto container = draw_container(node);
  if (!container) return;
  SimEngine& engine = cluster_.machine(node).engine();
  const WorkloadName workload = engine.containers().at(*container).workload;
  engine.break_workload(workload);
  for_a_while(seconds(2), seconds(40), [&engine, workload] { engine.mend_workload(workload); });
}

void FaultSchedule::sicken_program(const NodeName& node) {
  const auto container = draw_container(node);
  if (!container) return;
  const auto illness = static_cast<Illness>(1 + world_.prng().below(5));
  cluster_.machine(node).engine().sicken(*container, illness);
}

void FaultSchedule::meddle_with_container(const NodeName& node) {
  const auto container = draw_container(node);
  if (!container) return;
  // For a moment the container and the one that replaces it can both run.
  cluster_.checker().on_engine_trouble(node);
  for_a_while(seconds(1), seconds(5),
              [this, node] { cluster_.checker().on_engine_trouble_ended(node); });
  meddle(world_, cluster_.machine(node).engine(), *container);
}

void FaultSchedule::rotate_logs(const NodeName& node) {
  world_.note(node.str(), "its engine rotates its logs");
  SimEngine& engine = cluster_.machine(node).engine();
  for (const auto& [id, container] : engine.containers()) engine.rotate_log(id);
}

void FaultSchedule::forbid_logs(const NodeName& node) {
  world_.note(node.str(), "its logs cannot be read");
  cluster_.machine(node).engine().set_logs_readable(false);
  for_a_while(seconds(1), seconds(20),
              [this, node] { cluster_.machine(node).engine().set_logs_readable(true); });
}

void FaultSchedule::crash_again_and_again(const NodeName& node, std::uint32_t times) {
  if (times == 0 || world_.now() >= end_) return;
  crash_container(node);
  world_.after(world_.between(milliseconds(300), seconds(4)),
               [this, node, times] { crash_again_and_again(node, times - 1); });
}

void FaultSchedule::crash_agent(const NodeName& node) {
  cluster_.machine(node).crash_agent(world_.between(milliseconds(200), seconds(2)));
}

void FaultSchedule::crash_agent_at_save(const NodeName& node) {
  cluster_.machine(node).crash_agent_at_save(world_.chance(500) ? SimMachine::SaveCrash::kBefore
                                                                : SimMachine::SaveCrash::kAfter);
}

void FaultSchedule::crash_agent_for_long(const NodeName& node) {
  cluster_.machine(node).crash_agent(world_.between(seconds(3), seconds(20)));
}

void FaultSchedule::reset_node(const NodeName& node) {
  cluster_.machine(node).power_off();
  cluster_.machine(node).power_on();
}

void FaultSchedule::crash_node(const NodeName& node) {
  cluster_.machine(node).power_off();
  // If no manager does it, an operator switches it on again.
  for_a_while(seconds(5), seconds(60), [this, node] { cluster_.machine(node).power_on(); });
}

void FaultSchedule::freeze_node(const NodeName& node) {
  cluster_.machine(node).freeze();
  for_a_while(milliseconds(300), seconds(15), [this, node] { cluster_.machine(node).thaw(); });
}

// -- its engine and disk

void FaultSchedule::restart_engine(const NodeName& node) {
  cluster_.machine(node).engine().restart(world_.between(milliseconds(300), seconds(5)));
}

void FaultSchedule::hang_engine(const NodeName& node) {
  cluster_.checker().on_engine_trouble(node);
  cluster_.machine(node).engine().hang();
  for_a_while(seconds(1), seconds(40), [this, node] {
    cluster_.machine(node).engine().go_on();
    cluster_.checker().on_engine_trouble_ended(node);
  });
}

void FaultSchedule::trouble_engine(const NodeName& node) {
  world_.note(node.str(), "its engine fails at times");
  cluster_.checker().on_engine_trouble(node);
  cluster_.machine(node).engine().set_faults({.failure = 200});
  for_a_while(seconds(2), seconds(20), [this, node] {
    cluster_.machine(node).engine().set_faults({});
    cluster_.checker().on_engine_trouble_ended(node);
  });
}

void FaultSchedule::lose_images(const NodeName& node) {
  world_.note(node.str(), "its images are gone");
  cluster_.machine(node).engine().lose_images();
}

void FaultSchedule::fill_disk(const NodeName& node) {
  world_.note(node.str(), "its disk is full");
  cluster_.machine(node).disk().set_full(true);
  for_a_while(seconds(1), seconds(15),
              [this, node] { cluster_.machine(node).disk().set_full(false); });
}

void FaultSchedule::busy_disk(const NodeName& node) {
  world_.note(node.str(), "its disk is busy");
  cluster_.machine(node).disk().set_busy(true);
  for_a_while(seconds(2), seconds(20),
              [this, node] { cluster_.machine(node).disk().set_busy(false); });
}

void FaultSchedule::hang_disk(const NodeName& node) {
  world_.note(node.str(), "its disk hangs");
  cluster_.machine(node).disk().hang();
  for_a_while(seconds(1), seconds(15), [this, node] { cluster_.machine(node).disk().go_on(); });
}

void FaultSchedule::lose_disk(const NodeName& node) {
  cluster_.machine(node).lose_disk(world_.between(seconds(2), seconds(5)));
}

void FaultSchedule::damage_file_at_power_cut(const NodeName& node) {
  cluster_.machine(node).damage_at_power_off();
  reset_node(node);
}

// -- the manager and its store

void FaultSchedule::crash_manager(const NodeName&) {
  cluster_.manager().crash_for(world_.between(milliseconds(100), seconds(8)));
}

void FaultSchedule::freeze_manager(const NodeName&) {
  cluster_.manager().freeze();
  for_a_while(milliseconds(300), seconds(10), [this] { cluster_.manager().thaw(); });
}

void FaultSchedule::fail_commits(const NodeName&) {
  world_.note("store", "refuses commits");
  cluster_.manager().set_store_fails(true);
  // Rarely long enough for the manager to give up.
  const Duration most = world_.chance(100) ? seconds(40) : seconds(6);
  for_a_while(milliseconds(300), most, [this] {
    world_.note("store", "accepts commits again");
    cluster_.manager().set_store_fails(false);
  });
}

void FaultSchedule::hang_commits(const NodeName&) {
  world_.note("store", "hangs");
  cluster_.manager().hang_store();
  const Duration most = world_.chance(100) ? seconds(40) : seconds(8);
  for_a_while(milliseconds(300), most, [this] {
    world_.note("store", "resumes");
    cluster_.manager().let_store_go_on();
  });
}

void FaultSchedule::lose_commits(const NodeName&) {
  const std::size_t commits = 1 + world_.prng().below(SimStore::kLostMax);
  cluster_.manager().crash_and_lose_commits(commits, world_.between(seconds(1), seconds(5)));
}

// -- the bus and the ways to it

void FaultSchedule::set_broker(SimBroker::State state, std::string_view words) {
  world_.note("broker", words);
  cluster_.broker().set_state(state);
  for_a_while(milliseconds(200), seconds(12), [this] {
    world_.note("broker", "carries");
    cluster_.broker().set_state(SimBroker::State::kCarries);
  });
}

void FaultSchedule::stall_broker(const NodeName&) {
  set_broker(SimBroker::State::kStalled, "stalls");
}

void FaultSchedule::stop_broker(const NodeName&) {
  set_broker(SimBroker::State::kDown, "is down");
}

void FaultSchedule::lose_topics(const NodeName&) {
  world_.note("broker", "loses its disk");
  cluster_.broker().lose_topics();
}

void FaultSchedule::trouble_bus(const NodeName&) {
  world_.note("broker", "loses, duplicates and delays records");
  cluster_.broker().set_faults({.loss = static_cast<std::uint32_t>(world_.prng().below(200)),
                                .duplication = static_cast<std::uint32_t>(world_.prng().below(200)),
                                .delay_max = world_.between(milliseconds(5), milliseconds(400))});
  for_a_while(seconds(2), seconds(20), [this] { cluster_.broker().set_faults({}); });
}

void FaultSchedule::write_foreign_records(const NodeName& node) {
  world_.note("broker", "gets foreign records, also about " + node.str());
  cluster_.write_foreign_records(node);
}

void FaultSchedule::cut(const NodeName& node, bool bus, bool dial, std::string_view words) {
  world_.note(node.str(), words);
  if (bus) cluster_.broker().cut(node.str());
  if (dial) cluster_.cut_dial(node);
  for_a_while(milliseconds(300), seconds(25), [this, node] {
    world_.note(node.str(), "is connected again");
    cluster_.broker().join(node.str());
    cluster_.join_dial(node);
  });
}

void FaultSchedule::cut_node_from_bus(const NodeName& node) {
  cut(node, true, false, "is cut from the bus");
}

void FaultSchedule::cut_node_from_manager(const NodeName& node) {
  cut(node, false, true, "cannot be dialled");
}

void FaultSchedule::cut_node_off(const NodeName& node) {
  cut(node, true, true, "is cut off");
}

void FaultSchedule::cut_manager_from_bus(const NodeName&) {
  world_.note("manager", "is cut from the bus");
  cluster_.broker().cut(kManagerWay);
  for_a_while(milliseconds(200), seconds(10), [this] {
    world_.note("manager", "reaches the bus again");
    cluster_.broker().join(kManagerWay);
  });
}

/// It starts to read long after its process started.
void FaultSchedule::start_agent_cut_off(const NodeName& node) {
  crash_agent(node);
  cut_node_off(node);
}

void FaultSchedule::start_manager_cut_off(const NodeName& node) {
  crash_manager(node);
  cut_manager_from_bus(node);
}

// -- the power driver

void FaultSchedule::trouble_power(const NodeName&) {
  world_.note("power", "switches fail at times");
  cluster_.set_power_faults({.failure = 300, .no_answer = 150, .deaf = 300, .busy = 200});
  for_a_while(seconds(5), seconds(30), [this] { cluster_.set_power_faults({}); });
}

}  // namespace hearth::sim
