#include "cli/dev/tour.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "adapters/workload_file/workload_file.h"
#include "base/duration_text.h"
#include "cli/client/deployment.h"
#include "cli/dev/power_protocol.h"

namespace hearth::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Sight = Observer::Sight;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kInstances = 2;
constexpr Duration kDeployWithin = minutes(3);
constexpr Duration kRestartWithin = seconds(30);
constexpr Duration kReplaceWithin = seconds(60);
constexpr Duration kRowWithin = seconds(10);
constexpr Duration kVerdictWithin = seconds(30);
constexpr Duration kMoveWithin = seconds(60);
constexpr Duration kReturnWithin = seconds(90);
constexpr Duration kPowerWithin = seconds(30);

std::string since(Clock::time_point begin) {
  return show_duration(Clock::now() - begin);
}

std::string short_id(const std::string& container) {
  return container.substr(0, 12);
}

Sight not_seen(const Error& error) {
  return {false, error.message};
}

std::string in_words(const std::vector<InstanceView>& instances) {
  std::string words;
  for (const InstanceView& one : instances) {
    words += fmt::format("{}{} is {} on {}", words.empty() ? "" : ", ", one.id, one.state,
                         one.node.empty() ? "no node" : one.node);
  }
  return words.empty() ? "no instance" : words;
}

std::string where(const std::vector<InstanceView>& instances) {
  std::string words;
  for (const InstanceView& one : instances) {
    words += fmt::format("{}{} on {}", words.empty() ? "" : ", ", one.id, one.node);
  }
  return words;
}

std::string in_words(const std::vector<ServiceRow>& rows) {
  std::string words;
  for (const ServiceRow& row : rows) {
    words += fmt::format("{}{} {} on {} ({})", words.empty() ? "" : ", ", row.status,
                         row.container.empty() ? "without a container" : short_id(row.container),
                         row.node, row.node_ip);
  }
  return words.empty() ? "no row" : words;
}

/// The part of an event's message after "node 'node-2' is dead: ".
std::string evidence_in(const std::string& message) {
  const std::size_t colon = message.find(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

}  // namespace

WorkloadName tour_workload(const std::filesystem::path& folder) {
  const auto name = WorkloadName::parse(folder.lexically_normal().filename().string());
  return name ? *name : *WorkloadName::parse("tour");
}

Tour::Tour(const Observer& observer, DevConsole& console, std::filesystem::path folder)
    : observer_(observer),
      console_(console),
      folder_(std::move(folder)),
      workload_(tour_workload(folder_)),
      application_{.name = workload_} {}

bool Tour::run() {
  if (const Result<void> read = read_application(); !read) {
    console_.tell("the tour cannot begin: " + read.error().message, Paint::kBad);
    return false;
  }
  std::vector<Step> steps{&Tour::deploy_application, &Tour::kill_container};
  if (!replacing_rule_.empty()) {
    steps.insert(steps.end(), {&Tour::replace_before_failing, &Tour::see_rows_follow});
  }
  steps.insert(steps.end(), {&Tour::freeze_node, &Tour::see_node_die, &Tour::see_work_moved,
                             &Tour::see_node_return, &Tour::see_one_copy_each});
  const std::size_t all = steps.size();
  for (std::size_t done = 0; done < all; ++done) {
    const Result<void> seen = (this->*steps[done])();
    if (seen) continue;
    if (observer_.stopping()) return false;
    console_.tell("NOT OBSERVED: " + seen.error().message, Paint::kBad);
    console_.tell(fmt::format("the tour ends here: {} of {} steps were observed", done, all),
                  Paint::kBad);
    return false;
  }
  console_.tell(fmt::format("the tour is done: {} of {} steps were observed", all, all),
                Paint::kGood);
  return true;
}

/// The wanted instances, if all of them run according to both the manager and the engine.
Result<std::vector<InstanceView>> Tour::running() const {
  auto instances = observer_.instances(workload_);
  if (!instances) return instances;
  std::erase_if(*instances, [](const InstanceView& one) { return one.state != "running"; });
  for (const InstanceView& one : *instances) {
    const Result<bool> runs = observer_.engine_runs(one.container);
    if (!runs) return tl::unexpected(runs.error());
    if (!*runs) {
      return fail(ErrorCode::kFailed, fmt::format("the engine does not run container {} of {}",
                                                  short_id(one.container), one.id));
    }
  }
  return instances;
}

/// What the folder's workload file says, but for its name, which others may have deployed, and the
/// number of instances.
Result<void> Tour::read_application() {
  const std::filesystem::path file = folder_ / kWorkloadFileName;
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return {};
  const Result<std::string> text = load_workload_text(file);
  if (!text) return tl::unexpected(text.error());
  auto read = read_workload_yaml(*text, log_match::pattern_fault);
  if (!read) return fail(ErrorCode::kInvalidArgument, show(file, read.error().front()));
  application_ = std::move(read->workload);
  application_.name = workload_;
  folder_ = (folder_ / application_.build).lexically_normal();
  const auto rule =
      std::ranges::find(application_.instance.log_rules, HealthAction::kReplace, &LogRule::action);
  if (rule != application_.instance.log_rules.end()) replacing_rule_ = rule->name;
  return {};
}

Result<void> Tour::deploy_application() {
  console_.tell(fmt::format("deploying {} from its Dockerfile", workload_.str()));
  std::string begun;  // A line of the build whose end has not arrived yet.
  const DeployProgress progress{
      .on_step = [&](const std::string& line) { console_.quote(line); },
      .on_build_output =
          [&](std::string_view output) {
            begun += output;
            for (std::size_t end = 0; (end = begun.find('\n')) != std::string::npos;) {
              if (const std::string line = printable(begun.substr(0, end)); !line.empty()) {
                console_.quote(line);
              }
              begun.erase(0, end + 1);
            }
          },
      .go_on = [this] { return !observer_.stopping(); }};
  application_.instances = kInstances;
  application_.instance.min_ready = seconds(1);
  const auto deployed = deploy(observer_.api(), {.workload = application_, .folder = folder_},
                               DeployWait::kUntilDeployed, kDeployWithin, progress);
  if (!deployed) return tl::unexpected(deployed.error());
  const auto instances = running();
  if (!instances) return tl::unexpected(instances.error());
  console_.tell(fmt::format("{} is deployed and runs: {}", workload_.str(), where(*instances)),
                Paint::kGood);
  const auto log =
      observer_.wait(seconds(15), "a line in the log of " + instances->front().id, [&]() -> Sight {
        const auto text =
            observer_.api().get(fmt::format("/v1/instances/{}/logs?tail=1", instances->front().id));
        if (!text) return not_seen(text.error());
        const std::string line = printable(*text);
        return {!line.empty(), line.empty() ? "an empty log" : line};
      });
  if (!log) return tl::unexpected(log.error());
  console_.tell(fmt::format("{} says: {}", instances->front().id, *log), Paint::kGood);
  return {};
}

Result<void> Tour::kill_container() {
  const auto instances = running();
  if (!instances) return tl::unexpected(instances.error());
  if (instances->empty()) return fail(ErrorCode::kFailed, "no instance runs");
  const InstanceView victim = instances->front();
  console_.tell(fmt::format("killing container {} of {}, bypassing Hearth",
                            short_id(victim.container), victim.id));
  const auto killed_at = Clock::now();
  if (auto killed = observer_.engine_kill(victim.container); !killed) return killed;
  const auto fresh =
      observer_.wait(kRestartWithin, "a fresh container of " + victim.id, [&]() -> Sight {
        const auto now = observer_.instances(workload_);
        if (!now) return not_seen(now.error());
        const auto one = std::find_if(now->begin(), now->end(), [&](const InstanceView& instance) {
          return instance.id == victim.id;
        });
        if (one == now->end()) return {false, victim.id + " is gone"};
        if (one->state != "running" || one->container == victim.container) {
          return {false, fmt::format("{} is {} with container {}", one->id, one->state,
                                     short_id(one->container))};
        }
        const Result<bool> runs = observer_.engine_runs(one->container);
        if (!runs) return not_seen(runs.error());
        return {*runs, short_id(one->container)};
      });
  if (!fresh) return tl::unexpected(fresh.error());
  console_.tell(fmt::format("{} runs again, in the fresh container {}: {} after the kill",
                            victim.id, *fresh, since(killed_at)),
                Paint::kGood);
  return {};
}

/// The rows of the workload, once each of its instances runs and has one that says so.
Result<std::vector<ServiceRow>> Tour::true_rows() const {
  std::vector<ServiceRow> rows;
  const auto seen = observer_.wait(
      kRowWithin, "a row of service_status for each instance of " + workload_.str(),
      [&]() -> Sight {
        const auto instances = running();
        if (!instances) return not_seen(instances.error());
        auto read = observer_.service_rows(workload_);
        if (!read) return not_seen(read.error());
        rows = *std::move(read);
        const auto is_true = [&](const ServiceRow& row) {
          return row.status == "ACTIVE" &&
                 std::ranges::count(*instances, row.container, &InstanceView::container) == 1;
        };
        return {rows.size() == kInstances && instances->size() == kInstances &&
                    std::ranges::all_of(rows, is_true),
                in_words(rows)};
      });
  if (!seen) return tl::unexpected(seen.error());
  return rows;
}

Result<void> Tour::replace_before_failing() {
  const auto instances = running();
  if (!instances) return tl::unexpected(instances.error());
  if (instances->empty()) return fail(ErrorCode::kFailed, "no instance runs");
  auto rows = true_rows();
  if (!rows) return tl::unexpected(rows.error());
  degraded_ = instances->front();
  rows_before_ = *std::move(rows);
  console_.tell(
      fmt::format("the log of {} turns bad: SIGUSR1 makes it write what the rule '{}' looks for",
                  degraded_.id, replacing_rule_));
  const auto begin = Clock::now();
  if (auto sent = observer_.engine_signal(degraded_.container, "SIGUSR1"); !sent) return sent;
  std::size_t fewest = kInstances;
  const auto replaced = observer_.wait(
      kReplaceWithin, "another instance in the place of " + degraded_.id, [&]() -> Sight {
        const auto now = running();
        if (!now) return not_seen(now.error());
        fewest = std::min(fewest, now->size());
        const bool is_gone = std::ranges::count(*now, degraded_.id, &InstanceView::id) == 0;
        return {is_gone && now->size() == kInstances, is_gone ? where(*now) : in_words(*now)};
      });
  if (!replaced) return tl::unexpected(replaced.error());
  if (fewest < kInstances) {
    return fail(ErrorCode::kFailed, fmt::format("only {} of {} ran meanwhile", fewest,
                                                show_count(kInstances, "instance")));
  }
  console_.tell(fmt::format("it was replaced before it failed, {} after its log turned bad: {}",
                            since(begin), *replaced),
                Paint::kGood);
  return {};
}

Result<void> Tour::see_rows_follow() {
  const auto rows = true_rows();
  if (!rows) return tl::unexpected(rows.error());
  if (std::ranges::count(*rows, degraded_.container, &ServiceRow::container) != 0) {
    return fail(ErrorCode::kFailed,
                "the database still names container " + short_id(degraded_.container));
  }
  console_.tell("the database before: " + in_words(rows_before_));
  console_.tell("the database after:  " + in_words(*rows), Paint::kGood);
  return {};
}

/// A node with work to lose.
Result<NodeName> Tour::busy_node() const {
  const auto instances = running();
  if (!instances) return tl::unexpected(instances.error());
  if (instances->empty()) return fail(ErrorCode::kFailed, "no instance runs");
  return NodeName::parse(instances->back().node);
}

Result<void> Tour::freeze_node() {
  const Result<NodeName> name = busy_node();
  if (!name) return tl::unexpected(name.error());
  auto node = observer_.node(*name);
  if (!node) return tl::unexpected(node.error());
  const auto event = observer_.last_event();
  if (!event) return tl::unexpected(event.error());
  frozen_ = *std::move(node);
  event_before_ = *event;
  console_.tell(fmt::format("{} hangs: its agent and its containers are frozen", frozen_->name));
  frozen_at_ = Clock::now();
  const auto state =
      ask_power(observer_.facts().power_socket, {PowerAction::kFreeze, *name}, kPowerWithin);
  if (!state) return tl::unexpected(state.error());
  const auto suspect =
      observer_.wait(kVerdictWithin, frozen_->name + " suspect", [&, name = *name]() -> Sight {
        const auto now = observer_.node(name);
        if (!now) return not_seen(now.error());
        if (now->state == "suspect") return {true, now->evidence};
        if (now->state == "live") return {false, frozen_->name + " is live: " + now->evidence};
        // The node may have left this state between two looks: the event still shows it.
        const auto verdict =
            observer_.event_after(event_before_, "node.suspect", "node/" + name.str());
        if (!verdict) return not_seen(verdict.error());
        if (verdict->empty()) return {false, frozen_->name + " is " + now->state};
        return {true, evidence_in(*verdict)};
      });
  if (!suspect) return tl::unexpected(suspect.error());
  console_.tell(fmt::format("{} is suspect, {} after it hung: {}", frozen_->name, since(frozen_at_),
                            printable(*suspect)),
                Paint::kGood);
  return {};
}

Result<void> Tour::see_node_die() {
  const std::string subject = "node/" + frozen_->name;
  // The event and not the state: a node that returns at once is dead only for a moment.
  const auto dead = observer_.wait(kVerdictWithin, frozen_->name + " dead", [&]() -> Sight {
    const auto verdict = observer_.event_after(event_before_, "node.dead", subject);
    if (!verdict) return not_seen(verdict.error());
    if (verdict->empty()) return {false, "no event node.dead of " + frozen_->name};
    return {true, evidence_in(*verdict)};
  });
  if (!dead) return tl::unexpected(dead.error());
  console_.tell(fmt::format("{} is dead, {} after it hung: {}", frozen_->name, since(frozen_at_),
                            printable(*dead)),
                Paint::kGood);
  return {};
}

Result<void> Tour::see_work_moved() {
  const auto moved =
      observer_.wait(kMoveWithin, workload_.str() + " running on other nodes than " + frozen_->name,
                     [&]() -> Sight {
                       auto instances = observer_.instances(workload_);
                       if (!instances) return not_seen(instances.error());
                       const std::string all = in_words(*instances);
                       std::erase_if(*instances, [&](const InstanceView& one) {
                         return one.state != "running" || one.node == frozen_->name;
                       });
                       if (instances->size() < kInstances) return {false, all};
                       for (const InstanceView& one : *instances) {
                         const Result<bool> runs = observer_.engine_runs(one.container);
                         if (!runs) return not_seen(runs.error());
                         if (!*runs) return {false, "the engine does not run " + one.id};
                       }
                       return {true, where(*instances)};
                     });
  if (!moved) return tl::unexpected(moved.error());
  console_.tell(fmt::format("its application runs elsewhere, {} after it hung: {}",
                            since(frozen_at_), *moved),
                Paint::kGood);
  return {};
}

Result<void> Tour::see_node_return() {
  const Result<NodeName> name = NodeName::parse(frozen_->name);
  if (!name) return tl::unexpected(name.error());
  const auto returned = observer_.wait(
      kReturnWithin, frozen_->name + " live again, in a new incarnation", [&]() -> Sight {
        const auto now = observer_.node(*name);
        if (!now) return not_seen(now.error());
        const bool is_new_incarnation =
            now->boot_id != frozen_->boot_id || now->start_count > frozen_->start_count;
        const std::string starts = fmt::format("start {} of its agent, previously {}",
                                               now->start_count, frozen_->start_count);
        if (now->state == "live" && is_new_incarnation) return {true, starts};
        return {false,
                fmt::format("{} is {} ({}; {}), recovery {} {}", now->name, now->state,
                            now->evidence, starts, now->recovery_phase, now->recovery_reason)};
      });
  if (!returned) return tl::unexpected(returned.error());
  console_.tell(fmt::format("{} was power-cycled and is live again, {} after it hung ({})",
                            frozen_->name, since(frozen_at_), *returned),
                Paint::kGood);
  return {};
}

Result<void> Tour::see_one_copy_each() {
  const auto settled = observer_.wait(
      kMoveWithin, fmt::format("exactly {} instances of {}", kInstances, workload_.str()),
      [&]() -> Sight {
        const auto instances = observer_.instances(workload_);
        if (!instances) return not_seen(instances.error());
        std::set<std::string> wanted;
        for (const InstanceView& one : *instances) {
          if (one.state == "running") wanted.insert(one.container);
        }
        std::set<std::string> found;
        for (const NodeName& node : observer_.facts().nodes) {
          const auto containers = observer_.engine_containers(node);
          if (!containers) return not_seen(containers.error());
          for (const Container& one : *containers) {
            if (one.workload == workload_ && one.state == ContainerState::kRunning) {
              found.insert(one.id.str());
            }
          }
        }
        return {wanted.size() == kInstances && wanted == found && instances->size() == kInstances,
                fmt::format("{}; the engine runs {}", in_words(*instances),
                            show_count(found.size(), "container"))};
      });
  if (!settled) return tl::unexpected(settled.error());
  console_.tell(fmt::format("the engine runs {} containers of {}, as many as wanted", kInstances,
                            workload_.str()),
                Paint::kGood);
  return {};
}

}  // namespace hearth::cli
