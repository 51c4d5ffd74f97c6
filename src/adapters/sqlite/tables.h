#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite/database.h"
#include "model/record.h"

namespace hearth {

/// The tables, one class each: they convert values of the model to rows and back. Puts are
/// idempotent. All methods raise SqliteFault.

class MetaTable {
 public:
  explicit MetaTable(SqlDatabase& database);
  void put(Epoch epoch);
  void put_alive(WallTime at);
  Epoch load();
  std::optional<WallTime> load_alive();

 private:
  SqlStatement put_;
  SqlStatement put_alive_;
  SqlStatement load_;
  SqlStatement load_alive_;
};

class NodeTable {
 public:
  explicit NodeTable(SqlDatabase& database);
  void put(const Node& node);
  std::vector<Node> load();

 private:
  SqlStatement put_;
  SqlStatement load_;
};

/// Workloads with their releases.
class WorkloadTable {
 public:
  explicit WorkloadTable(SqlDatabase& database);
  void put(const Workload& workload);
  std::vector<Workload> load();

 private:
  struct Releases {
    std::optional<Release> current;
    std::optional<Release> next;
    std::vector<Release> earlier;
  };
  void put_release(const WorkloadName& workload, std::string_view role, const Release& release);
  std::map<std::string, Releases> load_releases();

  SqlStatement put_;
  SqlStatement load_;
  SqlStatement put_release_;
  SqlStatement erase_releases_;
  SqlStatement load_releases_;
};

class InstanceTable {
 public:
  explicit InstanceTable(SqlDatabase& database);
  void put(const Instance& instance);
  void erase(const InstanceId& id);
  std::vector<Instance> load();

 private:
  SqlStatement put_;
  SqlStatement erase_;
  SqlStatement load_;
};

class EventTable {
 public:
  explicit EventTable(SqlDatabase& database);
  void append(const ClusterEvent& event);
  /// Keeps the newest: `count` of them, and `bytes` by bytes_of(). The very newest is always kept,
  /// because numbering continues from last_seq().
  void trim(std::uint64_t count, std::uint64_t bytes);
  std::uint64_t count();
  /// The size that an event counts with: its texts and an overhead.
  static std::uint64_t bytes_of(const ClusterEvent& event);
  std::uint64_t last_seq();
  std::vector<ClusterEvent> after(std::uint64_t seq, std::size_t count_max);

 private:
  SqlStatement append_;
  SqlStatement trim_;
  SqlStatement count_;
  SqlStatement last_seq_;
  SqlStatement after_;
};

}  // namespace hearth
