#include "adapters/sqlite/tables.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "wire/workload_document.h"

// Each put takes its value apart with a structured binding, so that a new field of the model that
// is not stored here does not compile.

namespace hearth {
namespace {

constexpr std::string_view kCurrent = "current";
constexpr std::string_view kNext = "next";
constexpr std::string_view kEarlier = "earlier";
constexpr int kChildOutOfMemory = 2;

template <class Tag>
Result<Id<Tag>> parse_id(std::string_view text) {
  return Id<Tag>{std::string(text)};
}

SqlValue text_or_null(const std::optional<Digest>& digest) {
  return digest ? SqlValue(digest->str()) : SqlValue(std::nullopt);
}
SqlValue text_or_null(const std::optional<NodeName>& name) {
  return name ? SqlValue(name->str()) : SqlValue(std::nullopt);
}
SqlValue text_or_null(const std::optional<InstanceId>& id) {
  return id ? SqlValue(id->str()) : SqlValue(std::nullopt);
}

SqlValue number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? SqlValue(*number) : SqlValue(std::nullopt);
}

template <class T>
std::optional<T> parsed_or_null(SqlRow& row, Result<T> (*parse)(std::string_view)) {
  if (!row.is_null()) return row.parsed(parse);
  row.skip(1);
  return std::nullopt;
}

std::optional<std::uint64_t> number_or_null(SqlRow& row) {
  if (!row.is_null()) return row.number<std::uint64_t>();
  row.skip(1);
  return std::nullopt;
}

std::optional<WallTime> time_or_null(SqlRow& row) {
  if (!row.is_null()) return row.time();
  row.skip(1);
  return std::nullopt;
}

// These read several columns, in the order of the tables.

Image image_of(SqlRow& row) {
  return {.reference = row.text(), .archive = parsed_or_null(row, Digest::parse)};
}

std::optional<Image> image_or_null(SqlRow& row) {
  if (!row.is_null()) return image_of(row);
  row.skip(2);
  return std::nullopt;
}

OutOfMemory out_of_memory_of(std::uint8_t number) {
  if (number == 0) return OutOfMemory::kNo;
  return number == kChildOutOfMemory ? OutOfMemory::kChild : OutOfMemory::kMain;
}

int number_of(OutOfMemory out_of_memory) {
  switch (out_of_memory) {
    case OutOfMemory::kNo: return 0;
    case OutOfMemory::kMain: return 1;
    case OutOfMemory::kChild: return kChildOutOfMemory;
  }
  HEARTH_CHECK(false);
}

std::optional<ContainerExit> last_exit(SqlRow& row) {
  if (row.is_null()) {
    row.skip(6);
    return std::nullopt;
  }
  return ContainerExit{.code = row.number<int>(),
                       .out_of_memory = out_of_memory_of(row.number<std::uint8_t>()),
                       .at = row.time(),
                       .memory_limit_bytes = number_or_null(row),
                       .memory_peak_bytes = number_or_null(row),
                       .last_words = row.text()};
}

}  // namespace

MetaTable::MetaTable(SqlDatabase& database)
    : put_(database.prepare("UPDATE meta SET epoch = ?1")),
      put_alive_(database.prepare("UPDATE meta SET alive_at = ?1")),
      load_(database.prepare("SELECT epoch FROM meta")),
      load_alive_(database.prepare("SELECT alive_at FROM meta")) {}

void MetaTable::put(Epoch epoch) {
  put_.run({epoch.value});
}

void MetaTable::put_alive(WallTime at) {
  put_alive_.run({at});
}

std::optional<WallTime> MetaTable::load_alive() {
  std::optional<WallTime> at;
  load_alive_.for_each("meta", {}, [&](SqlRow& row) { at = time_or_null(row); });
  return at;
}

Epoch MetaTable::load() {
  Epoch epoch;
  load_.for_each("meta", {}, [&](SqlRow& row) { epoch.value = row.number<std::uint64_t>(); });
  return epoch;
}

NodeTable::NodeTable(SqlDatabase& database)
    : put_(database.prepare(R"(
        INSERT INTO nodes (
          name, display_name, address, agent_port, cordoned, state, evidence, boot_id, start_count,
          cpu_millis, memory_bytes, recovery_phase, recovery_attempt, recovery_reason, changed_at,
          agent_port_named, incidents_seen, known_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
        ON CONFLICT (name) DO UPDATE SET
          display_name = ?2, address = ?3, agent_port = ?4, cordoned = ?5, state = ?6,
          evidence = ?7, boot_id = ?8, start_count = ?9, cpu_millis = ?10, memory_bytes = ?11,
          recovery_phase = ?12, recovery_attempt = ?13, recovery_reason = ?14, changed_at = ?15,
          agent_port_named = ?16, incidents_seen = ?17, known_at = ?18)")),
      load_(database.prepare(R"(
        SELECT
          name, display_name, address, agent_port, agent_port_named, cordoned, state, evidence,
          boot_id, start_count, incidents_seen, cpu_millis, memory_bytes, recovery_phase, recovery_attempt,
          recovery_reason, changed_at, known_at
        FROM nodes ORDER BY name)")) {}

void NodeTable::put(const Node& node) {
  const auto& [name, display_name, agent, port_named, cordoned, state, evidence, incarnation,
               incidents_seen, capacity, recovery, changed_at, known_at] = node;
  const auto& [address, port] = agent;
  const auto& [boot_id, start_count] = incarnation;
  const auto& [cpu_millis, memory_bytes] = capacity;
  const auto& [phase, attempt, reason] = recovery;
  put_.run({name.str(), display_name, address, port, cordoned, name_of(state), evidence, boot_id,
            start_count, cpu_millis, memory_bytes, name_of(phase), attempt, reason, changed_at,
            port_named, incidents_seen, known_at ? SqlValue(*known_at) : SqlValue(std::nullopt)});
}

std::vector<Node> NodeTable::load() {
  std::vector<Node> nodes;
  load_.for_each("nodes", {}, [&](SqlRow& row) {
    nodes.push_back(Node{
        .name = row.parsed(NodeName::parse),
        .display_name = row.text(),
        .agent = {.address = row.text(), .port = row.number<std::uint16_t>()},
        .port_named = row.number<std::uint8_t>() != 0,
        .cordoned = row.number<std::uint8_t>() != 0,
        .state = row.parsed(parse_node_state),
        .evidence = row.text(),
        .incarnation = {.boot_id = row.text(), .start_count = row.number<std::uint64_t>()},
        .incidents_seen = row.number<std::uint64_t>(),
        .capacity = {.cpu_millis = row.number<std::uint32_t>(),
                     .memory_bytes = row.number<std::uint64_t>()},
        .recovery = {.phase = row.parsed(parse_recovery_phase),
                     .attempt = row.number<std::uint32_t>(),
                     .reason = row.text()},
        .changed_at = row.time(),
        .known_at = time_or_null(row),
    });
  });
  return nodes;
}

// Only the views use the time of a phase's change, so the database's own clock is good enough.
WorkloadTable::WorkloadTable(SqlDatabase& database)
    : put_(database.prepare(R"(
        INSERT INTO workloads (name, phase, reason, build_node, next_instance, phase_changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
        ON CONFLICT (name) DO UPDATE SET
          phase = ?2, reason = ?3, build_node = ?4, next_instance = ?5,
          phase_changed_at = iif(phase = ?2, phase_changed_at, excluded.phase_changed_at))")),
      load_(database.prepare("SELECT name, phase, reason, build_node, next_instance "
                             "FROM workloads ORDER BY name")),
      put_release_(database.prepare(R"(
        INSERT INTO releases (
          workload, role, generation, spec, image_reference, image_archive, deployed_at, deployed_by,
          fault)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9))")),
      erase_releases_(database.prepare("DELETE FROM releases WHERE workload = ?1")),
      load_releases_(database.prepare(R"(
        SELECT
          workload, role, generation, spec, image_reference, image_archive, deployed_at, deployed_by,
          fault
        FROM releases ORDER BY workload, generation DESC)")) {}

void WorkloadTable::put(const Workload& workload) {
  const auto& [name, phase, reason, current, next, earlier, build_node, next_instance] = workload;
  put_.run({name.str(), name_of(phase), reason, text_or_null(build_node), next_instance});
  erase_releases_.run({name.str()});
  if (current) put_release(name, kCurrent, *current);
  if (next) put_release(name, kNext, *next);
  for (const Release& release : earlier) put_release(name, kEarlier, release);
}

void WorkloadTable::put_release(const WorkloadName& workload, std::string_view role,
                                const Release& release) {
  const auto& [generation, spec, image, deployed_at, deployed_by, fault] = release;
  put_release_.run({workload.str(), role, generation.value, encode_workload(spec),
                    image ? SqlValue(image->reference) : SqlValue(std::nullopt),
                    image ? text_or_null(image->archive) : SqlValue(std::nullopt), deployed_at,
                    deployed_by, fault});
}

std::map<std::string, WorkloadTable::Releases> WorkloadTable::load_releases() {
  std::map<std::string, Releases> releases;
  load_releases_.for_each("releases", {}, [&](SqlRow& row) {
    Releases& of_workload = releases[row.text()];
    const std::string role = row.text();
    const Generation generation{row.number<std::uint64_t>()};
    WorkloadSpec spec = row.parsed(decode_stored_workload);
    std::optional<Image> image = image_or_null(row);
    Release release{.generation = generation,
                    .spec = std::move(spec),
                    .image = std::move(image),
                    .deployed_at = row.time(),
                    .deployed_by = row.text(),
                    .fault = row.text()};
    if (role == kCurrent) {
      of_workload.current = std::move(release);
    } else if (role == kNext) {
      of_workload.next = std::move(release);
    } else {
      of_workload.earlier.push_back(std::move(release));
    }
  });
  return releases;
}

std::vector<Workload> WorkloadTable::load() {
  std::map<std::string, Releases> releases = load_releases();
  std::vector<Workload> workloads;
  load_.for_each("workloads", {}, [&](SqlRow& row) {
    WorkloadName name = row.parsed(WorkloadName::parse);
    Releases& of_workload = releases[name.str()];
    workloads.push_back(Workload{
        .name = std::move(name),
        .phase = row.parsed(parse_workload_phase),
        .reason = row.text(),
        .current = std::move(of_workload.current),
        .next = std::move(of_workload.next),
        .earlier = std::move(of_workload.earlier),
        .build_node = parsed_or_null(row, NodeName::parse),
        .next_instance = row.number<std::uint64_t>(),
    });
  });
  return workloads;
}

InstanceTable::InstanceTable(SqlDatabase& database)
    : put_(database.prepare(R"(
        INSERT INTO instances (
          id, workload, generation, node, desired_state, image_reference, image_archive, cpu_millis,
          memory_bytes, assignment_bytes, state, container, restarts, failures, cannot_start,
          exit_code, exit_out_of_memory, exit_at, reason, health, health_reason, must_be_replaced,
          replaces, changed_at, exit_memory_limit, exit_memory_peak, exit_last_words, is_last_try,
          failed_container)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
          ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)
        ON CONFLICT (id) DO UPDATE SET
          workload = ?2, generation = ?3, node = ?4, desired_state = ?5, image_reference = ?6,
          image_archive = ?7, cpu_millis = ?8, memory_bytes = ?9, assignment_bytes = ?10,
          state = ?11, container = ?12, restarts = ?13, failures = ?14, cannot_start = ?15,
          exit_code = ?16, exit_out_of_memory = ?17, exit_at = ?18, reason = ?19, health = ?20,
          health_reason = ?21, must_be_replaced = ?22, replaces = ?23, changed_at = ?24,
          exit_memory_limit = ?25, exit_memory_peak = ?26, exit_last_words = ?27,
          is_last_try = ?28, failed_container = ?29)")),
      erase_(database.prepare("DELETE FROM instances WHERE id = ?1")),
      load_(database.prepare(R"(
        SELECT
          id, workload, generation, node, desired_state, image_reference, image_archive, cpu_millis,
          memory_bytes, assignment_bytes, state, container, restarts, failures, failed_container,
          cannot_start, exit_code, exit_out_of_memory, exit_at, exit_memory_limit, exit_memory_peak,
          exit_last_words, reason, health, health_reason, must_be_replaced, replaces,
          is_last_try, changed_at
        FROM instances ORDER BY id)")) {}

void InstanceTable::put(const Instance& instance) {
  const auto& [id, workload, generation, node, desired_state, image, reservation, status, replaces,
               is_last_try, changed_at] = instance;
  const auto& [reference, archive] = image;
  const auto& [resources, assignment_bytes] = reservation;
  const auto& [cpu_millis, memory_bytes] = resources;
  const auto& [state, container, restarts, failures, failed_container, cannot_start, last_exit,
               reason, health, health_reason, must_be_replaced] = status;
  SqlValue exit_code(std::nullopt);
  SqlValue exit_out_of_memory(std::nullopt);
  SqlValue exit_at(std::nullopt);
  SqlValue exit_memory_limit(std::nullopt);
  SqlValue exit_memory_peak(std::nullopt);
  std::string exit_last_words;
  if (last_exit) {
    const auto& [code, out_of_memory, at, memory_limit, memory_peak, last_words] = *last_exit;
    exit_code = code;
    exit_out_of_memory = number_of(out_of_memory);
    exit_at = at;
    exit_memory_limit = number_or_null(memory_limit);
    exit_memory_peak = number_or_null(memory_peak);
    exit_last_words = last_words;
  }
  put_.run({id.str(),
            workload.str(),
            generation.value,
            text_or_null(node),
            name_of(desired_state),
            reference,
            text_or_null(archive),
            cpu_millis,
            memory_bytes,
            assignment_bytes,
            name_of(state),
            container.str(),
            restarts,
            failures,
            cannot_start,
            exit_code,
            exit_out_of_memory,
            exit_at,
            reason,
            name_of(health),
            health_reason,
            must_be_replaced,
            text_or_null(replaces),
            changed_at,
            exit_memory_limit,
            exit_memory_peak,
            exit_last_words,
            is_last_try,
            failed_container.str()});
}

void InstanceTable::erase(const InstanceId& id) {
  erase_.run({id.str()});
}

std::vector<Instance> InstanceTable::load() {
  std::vector<Instance> instances;
  load_.for_each("instances", {}, [&](SqlRow& row) {
    instances.push_back(Instance{
        .id = {row.text()},
        .workload = row.parsed(WorkloadName::parse),
        .generation = {row.number<std::uint64_t>()},
        .node = parsed_or_null(row, NodeName::parse),
        .desired_state = row.parsed(parse_desired_state),
        .image = image_of(row),
        .reservation = {.resources = {.cpu_millis = row.number<std::uint32_t>(),
                                      .memory_bytes = row.number<std::uint64_t>()},
                        .assignment_bytes = row.number<std::uint64_t>()},
        .status = {.state = row.parsed(parse_instance_state),
                   .container = {row.text()},
                   .restarts = row.number<std::uint32_t>(),
                   .failures = row.number<std::uint32_t>(),
                   .failed_container = {row.text()},
                   .cannot_start = row.number<std::uint8_t>() != 0,
                   .last_exit = last_exit(row),
                   .reason = row.text(),
                   .health = row.parsed(parse_health),
                   .health_reason = row.text(),
                   .must_be_replaced = row.number<std::uint8_t>() != 0},
        .replaces = parsed_or_null(row, parse_id<InstanceTag>),
        .is_last_try = row.number<std::uint8_t>() != 0,
        .changed_at = row.time(),
    });
  });
  return instances;
}

namespace {

/// The size of an event's row without its texts: numbers, type, and its share of the pages.
constexpr std::uint64_t kEventRowBytes = 64;

/// Deletes all events except the newest ?1, and except the newest that make up ?2 bytes.
constexpr std::string_view kTrimEvents = R"sql(
DELETE FROM events WHERE seq < (SELECT max(seq) FROM events) AND seq <= (
  SELECT max(seq) FROM (
    SELECT seq,
      row_number() OVER newest_first AS newest,
      sum(length(CAST(subject AS BLOB)) + length(CAST(message AS BLOB)) + ?3)
        OVER newest_first AS bytes
    FROM events WINDOW newest_first AS (ORDER BY seq DESC))
  WHERE newest > ?1 OR bytes > ?2)
)sql";

}  // namespace

EventTable::EventTable(SqlDatabase& database)
    : append_(database.prepare("INSERT OR REPLACE INTO events (seq, at, type, subject, message) "
                               "VALUES (?1, ?2, ?3, ?4, ?5)")),
      trim_(database.prepare(kTrimEvents)),
      count_(database.prepare("SELECT count(*) FROM events")),
      last_seq_(database.prepare("SELECT coalesce(max(seq), 0) FROM events")),
      after_(database.prepare("SELECT seq, at, type, subject, message FROM events "
                              "WHERE seq > ?1 ORDER BY seq LIMIT ?2")) {}

void EventTable::append(const ClusterEvent& event) {
  const auto& [seq, at, type, subject, message] = event;
  append_.run({seq, at, name_of(type), subject, message});
}

void EventTable::trim(std::uint64_t count, std::uint64_t bytes) {
  trim_.run({count, bytes, kEventRowBytes});
}

std::uint64_t EventTable::count() {
  std::uint64_t count = 0;
  count_.for_each("events", {}, [&](SqlRow& row) { count = row.number<std::uint64_t>(); });
  return count;
}

std::uint64_t EventTable::bytes_of(const ClusterEvent& event) {
  return event.subject.size() + event.message.size() + kEventRowBytes;
}

std::uint64_t EventTable::last_seq() {
  std::uint64_t seq = 0;
  last_seq_.for_each("events", {}, [&](SqlRow& row) { seq = row.number<std::uint64_t>(); });
  return seq;
}

std::vector<ClusterEvent> EventTable::after(std::uint64_t seq, std::size_t count_max) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::vector<ClusterEvent> events;
  after_.for_each("events", {std::min(seq, kMost), std::min<std::uint64_t>(count_max, kMost)},
                  [&](SqlRow& row) {
                    events.push_back(ClusterEvent{
                        .seq = row.number<std::uint64_t>(),
                        .at = row.time(),
                        .type = row.parsed(parse_event_type),
                        .subject = row.text(),
                        .message = row.text(),
                    });
                  });
  return events;
}

}  // namespace hearth
