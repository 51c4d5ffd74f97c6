#include "adapters/sqlite/history_table.h"

#include <algorithm>
#include <utility>

namespace hearth {
namespace {

// A row can go once another one of its subject follows it, or if its subject is gone.

constexpr std::string_view kTrimWorkload = R"sql(
DELETE FROM history AS old
WHERE workload IS ?1
  AND seq <= (SELECT seq FROM history WHERE workload IS ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)
  AND (
    state = 'gone'
    OR EXISTS (
      SELECT 1 FROM history AS next
      WHERE next.workload IS ?1 AND next.instance IS old.instance AND next.seq > old.seq))
)sql";

constexpr std::string_view kTrim = R"sql(
DELETE FROM history AS old
WHERE (at < ?1 OR seq <= (SELECT max(seq) FROM history) - ?2)
  AND (
    state = 'gone'
    OR EXISTS (
      SELECT 1 FROM history AS next
      WHERE next.workload IS old.workload AND next.instance IS old.instance AND next.seq > old.seq
        AND (next.at <= ?1 OR old.at >= ?1))
    OR workload IN (SELECT name FROM workloads WHERE phase = 'removed'))
)sql";

template <class Text>
SqlValue text_or_null(const std::optional<Text>& text) {
  return text ? SqlValue(text->str()) : SqlValue(std::nullopt);
}

}  // namespace

HistoryTable::HistoryTable(SqlDatabase& database)
    : append_(database.prepare("INSERT INTO history (workload, instance, at, state, cause, node, "
                               "container, generation) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      trim_workload_(database.prepare(kTrimWorkload)),
      trim_(database.prepare(kTrim)),
      of_(database.prepare("SELECT seq, workload, instance, at, state, cause, node, container, "
                           "generation FROM history WHERE workload IS ?1 ORDER BY seq")) {}

bool HistoryTable::append(const HistoryEntry& entry) {
  const auto& [seq, workload, instance, at, condition, cause, node, container, generation] = entry;
  append_.run({text_or_null(workload), text_or_null(instance), at, name_of(condition), cause,
               text_or_null(node), container.str(), generation.value});
  grown_.insert(workload);
  newest_ = std::max(newest_, at);
  return ++appended_ >= kTrimEvery;
}

void HistoryTable::trim() {
  for (const auto& workload : std::exchange(grown_, {}))
    trim_workload_.run({text_or_null(workload), kRowsOfWorkloadMax});
  trim_.run({newest_ - kAgeMax, kRowsMax});
  appended_ = 0;
}

std::vector<HistoryEntry> HistoryTable::of(const std::optional<WorkloadName>& workload) {
  std::vector<HistoryEntry> entries;
  of_.for_each("history", {text_or_null(workload)}, [&](SqlRow& row) {
    HistoryEntry entry{.seq = row.number<std::uint64_t>()};
    if (row.is_null()) {
      row.skip(1);
    } else {
      entry.workload = row.parsed(WorkloadName::parse);
    }
    if (row.is_null()) {
      row.skip(1);
    } else {
      entry.instance = InstanceId{row.text()};
    }
    entry.at = row.time();
    entry.condition = row.parsed(parse_condition);
    entry.cause = row.text();
    if (row.is_null()) {
      row.skip(1);
    } else {
      entry.node = row.parsed(NodeName::parse);
    }
    entry.container = ContainerId{row.text()};
    entry.generation = {row.number<std::uint64_t>()};
    entries.push_back(std::move(entry));
  });
  return entries;
}

}  // namespace hearth
