#include "shell/api/release_changes.h"

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/duration_text.h"

namespace hearth {
namespace {

/// The differences found so far.
class Changes {
 public:
  /// A difference whose values say little or too much.
  template <class T>
  void name(std::string_view what, const T& before, const T& after) {
    if (!(before == after)) words_.emplace_back(what);
  }
  void value(std::string_view what, std::uint64_t before, std::uint64_t after) {
    if (before != after) words_.push_back(fmt::format("{} {} -> {}", what, before, after));
  }
  void duration(std::string_view what, Duration before, Duration after) {
    if (before == after) return;
    words_.push_back(fmt::format("{} {} -> {}", what, show_duration(before), show_duration(after)));
  }
  template <class Enum>
  void choice(std::string_view what, Enum before, Enum after) {
    if (before == after) return;
    words_.push_back(fmt::format("{} {} -> {}", what, name_of(before), name_of(after)));
  }
  void environment(const std::map<std::string, std::string>& before,
                   const std::map<std::string, std::string>& after) {
    std::set<std::string> names;
    for (const auto& [name, value] : before) names.insert(name);
    for (const auto& [name, value] : after) names.insert(name);
    std::erase_if(names, [&](const std::string& name) {
      const auto old = before.find(name);
      const auto now = after.find(name);
      return old != before.end() && now != after.end() && old->second == now->second;
    });
    if (!names.empty()) words_.push_back(fmt::format("environment {}", fmt::join(names, " ")));
  }
  std::string in_words() const {
    return words_.empty() ? "nothing" : fmt::format("{}", fmt::join(words_, ", "));
  }

 private:
  std::vector<std::string> words_;
};

void compare(const ContainerSpec& before, const ContainerSpec& after, Changes& changes) {
  changes.environment(before.environment, after.environment);
  changes.value("cpu_millis", before.resources.cpu_millis, after.resources.cpu_millis);
  changes.value("memory_bytes", before.resources.memory_bytes, after.resources.memory_bytes);
  changes.value("pids_max", before.pids_max, after.pids_max);
  changes.choice("network", before.network, after.network);
  changes.name("ports", before.ports, after.ports);
  changes.name("devices", before.devices, after.devices);
}

/// Without what only a restart changes.
std::optional<AdoptedContainer> described(std::optional<AdoptedContainer> adopted) {
  if (adopted) adopted->afresh = false;
  return adopted;
}

void compare(const InstanceSpec& before, const InstanceSpec& after, Changes& changes) {
  changes.name("adopt", described(before.adopted), described(after.adopted));
  compare(before.container, after.container, changes);
  changes.choice("restart", before.restart, after.restart);
  changes.choice("replace", before.replace, after.replace);
  changes.name("stop", before.stop, after.stop);
  changes.name("probes", before.probes, after.probes);
  changes.name("log_rules", before.log_rules, after.log_rules);
  changes.name("trends", before.trends, after.trends);
  changes.duration("min_ready", before.min_ready, after.min_ready);
  changes.duration("ready_deadline", before.ready_deadline, after.ready_deadline);
}

}  // namespace

std::string changes_between(const WorkloadSpec& before, const WorkloadSpec& after) {
  Changes changes;
  changes.choice("kind", before.kind, after.kind);
  changes.value("instances", before.instances, after.instances);
  compare(before.instance, after.instance, changes);
  changes.name("node", before.node, after.node);
  changes.choice("on_node_lost", before.on_node_lost, after.on_node_lost);
  changes.name("after", before.after, after.after);
  changes.duration("placement_deadline", before.placement_deadline, after.placement_deadline);
  changes.name("bundle", before.bundle, after.bundle);
  return changes.in_words();
}

}  // namespace hearth
