#include "wire/watch_memory_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/shortened.h"
#include "model/enum_names.h"
#include "wire/exit_fields.h"
#include "wire/health_fields.h"
#include "wire/heartbeat_codec.h"
#include "wire/model_fields.h"

namespace hearth {
namespace {

/// Of a line or a sentence in what is remembered.
constexpr std::size_t kQuotedBytesMax = 200;

constexpr std::array<EnumName<ProbeVerdict>, 3> kVerdicts{{
    {ProbeVerdict::kOpen, "open"},
    {ProbeVerdict::kPassed, "passed"},
    {ProbeVerdict::kFailed, "failed"},
}};

enum class Detail : std::uint8_t { kAll, kNoQuotations };

class MemoryWriter {
 public:
  MemoryWriter(MonoTime saved_at, Detail detail) : saved_at_(saved_at), detail_(detail) {}

  std::string write(const WatchMemory& memory) && {
    out_.begin_object().field("v", wire::kFormatVersion);
    out_.field("boot_id", memory.boot_id);
    out_.field("saved_at_ns", wire::nanoseconds_of(memory.saved_at.time_since_epoch()));
    out_.key("instances").begin_list();
    std::size_t room = kRememberedInstancesMax;
    for (const auto& [id, instance] : memory.instances) {
      if (room-- == 0) break;
      out_.begin_object().field("id", id.str());
      write(instance);
      out_.end_object();
    }
    out_.end_list().end_object();
    return std::move(out_).text();
  }

 private:
  std::uint64_t age_of(MonoTime at) const {
    return wire::nanoseconds_of(std::max(saved_at_ - at, Duration::zero()));
  }
  void write_age(std::string_view name, const std::optional<MonoTime>& at) {
    if (at) out_.field(name, age_of(*at));
  }
  void write_flag(std::string_view name, bool flag) {
    if (flag) out_.field(name, true);
  }
  void write_words(std::string_view name, std::string_view words) {
    if (words.empty()) return;
    out_.field(name, shortened(words, kReasonBytesMax));
  }

  void write(const InstanceMemory& instance) {
    out_.field("generation", instance.generation.value);
    out_.field_if_known("container", instance.container.str());
    out_.field_if_known("ended", instance.ended.str());
    write_flag("to_stop", instance.is_to_stop);
    if (!instance.cursor.at_start()) {
      out_.key("cursor").begin_object();
      write("stdout", instance.cursor.standard_output);
      write("stderr", instance.cursor.standard_error);
      out_.end_object();
    }
    write(instance.rules);
    write(instance.probes);
    write_words("must_restart", instance.pending.restart);
    write_words("must_replace", instance.pending.replace);
    write(instance.restart);
    write_flag("finished", instance.finished);
    if (instance.last_exit) {
      const bool has_words = detail_ == Detail::kAll;
      wire::write_exit(out_.key("last_exit"), *instance.last_exit,
                       has_words ? wire::LastWords::kWritten : wire::LastWords::kLeftOut);
    }
    if (instance.restarts > 0) out_.field("restarts", instance.restarts);
    if (instance.failures > 0) out_.field("failures", instance.failures);
  }

  void write(std::string_view stream, const LogPosition& position) {
    if (position.lines == 0) return;
    const auto stamp = [](std::int64_t of) {
      return wire::nanoseconds_of(Duration(std::max<std::int64_t>(of, 0)));
    };
    out_.key(stream).begin_object();
    out_.field("stamp", stamp(position.stamp)).field("lines", position.lines);
    out_.field("latest", stamp(position.latest)).end_object();
  }

  void write(const RulesMemory& rules) {
    if (rules == RulesMemory{}) return;
    out_.key("rules").begin_object().field("fingerprint", rules.fingerprint);
    write_age("started_ns", rules.started_at);
    out_.key("states").begin_list();
    for (const RuleMemory& rule : rules.rules) write(rule);
    out_.end_list().end_object();
  }

  void write(const RuleMemory& rule) {
    out_.begin_object();
    write_flag("met", rule.is_met);
    write_flag("may_be_skipped", rule.may_be_skipped);
    if (rule.fault) out_.field("fault", shortened(*rule.fault, kReasonBytesMax));
    if (rule.last) write(*rule.last);
    if (!rule.counted.empty()) {
      out_.key("counted_ns").begin_list();
      for (const MonoTime at : rule.counted) out_.value(age_of(at));
      out_.end_list();
    }
    out_.end_object();
  }

  void write(const LogFiring& firing) {
    out_.key("last").begin_object().field("rule", firing.rule);
    out_.field("action", name_of(firing.action));
    write_words("why", firing.why);
    if (detail_ == Detail::kAll) {
      out_.field_if_known("line", shortened(firing.line, kQuotedBytesMax));
    }
    if (firing.held_off > 0) out_.field("held_off", firing.held_off);
    out_.field("age_ns", age_of(firing.at)).end_object();
  }

  void write(const ProbesMemory& probes) {
    if (probes == ProbesMemory{}) return;
    out_.key("probes").begin_object();
    wire::write_probes(out_.key("of"), probes.probes);
    write_age("started_ns", probes.started_at);
    write_flag("startup_passed", probes.has_startup_passed);
    out_.field("readiness", word_of(kVerdicts, probes.readiness));
    write_words("readiness_failure", probes.readiness_failure);
    write_flag("image_was_healthy", probes.healthcheck.was_healthy);
    write_flag("image_is_excused", probes.healthcheck.is_excused);
    out_.end_object();
  }

  void write(const RestartMemory& restart) {
    if (restart == RestartMemory{}) return;
    out_.key("restart").begin_object();
    write_age("running_ns", restart.running_since);
    out_.key("stops_ns").begin_list();
    for (const MonoTime at : restart.stops) out_.value(age_of(at));
    out_.end_list().field("waits", restart.waits);
    const Duration wait = std::max(restart.next_start - saved_at_, Duration::zero());
    out_.field("wait_ns", wire::nanoseconds_of(wait));
    write_flag("crash_loop", restart.in_crash_loop);
    out_.end_object();
  }

  MonoTime saved_at_;
  Detail detail_;
  JsonWriter out_;
};

class MemoryReader {
 public:
  std::optional<WatchMemory> read(JsonObject& in) {
    if (!wire::is_our_version(in.required("v"))) return std::nullopt;
    WatchMemory memory;
    memory.boot_id = wire::text_up_to(kTermBytesMax, in.required("boot_id"));
    saved_at_ =
        MonoTime(wire::nanoseconds(in.required("saved_at_ns"), Duration::zero(), wire::kInstantMax)
                     .value_or(Duration::zero()));
    memory.saved_at = saved_at_;
    in.required("instances").each([&](const JsonValue& item) {
      JsonObject instance = item.object();
      const InstanceId id{wire::text_up_to(kTermBytesMax, instance.required("id"))};
      if (memory.instances.size() < kRememberedInstancesMax) {
        memory.instances.emplace(id, read_instance(instance));
      }
    });
    return memory;
  }

 private:
  std::optional<MonoTime> instant(const JsonValue& age) const {
    const std::optional<Duration> read =
        wire::nanoseconds(age, Duration::zero(), wire::kInstantMax);
    return read ? std::optional(saved_at_ - *read) : std::nullopt;
  }
  static bool flag(const JsonValue& value) { return value.boolean().value_or(false); }
  static std::string words(const JsonValue& value) {
    return wire::text_up_to(kReasonBytesMax, value);
  }

  InstanceMemory read_instance(JsonObject& in) const {
    return {.generation = wire::counter<Generation>(in.required("generation")),
            .container = ContainerId{wire::text_up_to(kTermBytesMax, in.optional("container"))},
            .ended = ContainerId{wire::text_up_to(kTermBytesMax, in.optional("ended"))},
            .is_to_stop = flag(in.optional("to_stop")),
            .cursor = read_cursor(in.optional("cursor").object()),
            .rules = read_rules(in.optional("rules").object()),
            .probes = read_probes(in.optional("probes").object()),
            .pending = {.restart = words(in.optional("must_restart")),
                        .replace = words(in.optional("must_replace"))},
            .restart = read_restart(in.optional("restart").object()),
            .finished = flag(in.optional("finished")),
            .last_exit = in.optional("last_exit").as(wire::read_exit),
            .restarts = in.optional("restarts").number<std::uint32_t>().value_or(0),
            .failures = in.optional("failures").number<std::uint32_t>().value_or(0)};
  }

  static LogCursor read_cursor(JsonObject in) {
    return {.standard_output = read_position(in.optional("stdout").object()),
            .standard_error = read_position(in.optional("stderr").object())};
  }
  static LogPosition read_position(JsonObject in) {
    const auto stamp = [](const JsonValue& value) {
      return wire::nanoseconds(value, Duration::zero(), Duration::max())
          .value_or(Duration::zero())
          .count();
    };
    const std::uint32_t lines = in.optional("lines").number<std::uint32_t>().value_or(0);
    if (lines == 0) return {};
    return {.stamp = stamp(in.optional("stamp")),
            .lines = lines,
            .latest = stamp(in.optional("latest"))};
  }

  RulesMemory read_rules(JsonObject in) const {
    RulesMemory rules{.fingerprint = in.optional("fingerprint").number<std::uint64_t>().value_or(0),
                      .started_at = instant(in.optional("started_ns"))};
    rules.rules =
        in.optional("states").list([this](const JsonValue& value) { return read_rule(value); });
    return rules;
  }

  std::optional<RuleMemory> read_rule(const JsonValue& value) const {
    JsonObject in = value.object();
    RuleMemory rule{.is_met = flag(in.optional("met")),
                    .may_be_skipped = flag(in.optional("may_be_skipped"))};
    if (in.optional("fault").present()) rule.fault = words(in.optional("fault"));
    rule.last = in.optional("last").as([this](const JsonValue& last) { return read_firing(last); });
    rule.counted = instants(in.optional("counted_ns"));
    return rule;
  }

  /// In ascending order.
  std::vector<MonoTime> instants(const JsonValue& ages) const {
    std::vector<MonoTime> read = ages.list([this](const JsonValue& age) { return instant(age); });
    std::ranges::sort(read);
    return read;
  }

  std::optional<LogFiring> read_firing(const JsonValue& value) const {
    JsonObject in = value.object();
    std::optional<HealthAction> action = in.required("action").parsed(parse_health_action);
    std::optional<MonoTime> at = instant(in.required("age_ns"));
    if (!action || !at) return std::nullopt;
    return LogFiring{.rule = wire::text_up_to(kTermBytesMax, in.required("rule")),
                     .action = *action,
                     .why = words(in.optional("why")),
                     .line = wire::text_up_to(kQuotedBytesMax, in.optional("line")),
                     .held_off = in.optional("held_off").number<std::uint64_t>().value_or(0),
                     .at = *at};
  }

  ProbesMemory read_probes(JsonObject in) const {
    const auto parse_verdict = [](std::string_view word) { return value_of(kVerdicts, word); };
    return {
        .probes =
            wire::read_probes(in.optional("of").object(), {.of = wire::SpecReading::Of::kStored}),
        .started_at = instant(in.optional("started_ns")),
        .has_startup_passed = flag(in.optional("startup_passed")),
        .readiness = in.optional("readiness").parsed(parse_verdict).value_or(ProbeVerdict::kOpen),
        .readiness_failure = words(in.optional("readiness_failure")),
        .healthcheck = {.was_healthy = flag(in.optional("image_was_healthy")),
                        .is_excused = flag(in.optional("image_is_excused"))}};
  }

  RestartMemory read_restart(JsonObject in) const {
    RestartMemory restart{.running_since = instant(in.optional("running_ns")),
                          .stops = instants(in.optional("stops_ns")),
                          .waits = in.optional("waits").number<std::uint32_t>().value_or(0),
                          .in_crash_loop = flag(in.optional("crash_loop"))};
    if (const std::optional<Duration> wait =
            wire::nanoseconds(in.optional("wait_ns"), Duration::zero(), wire::kInstantMax / 2)) {
      restart.next_start = saved_at_ + *wait;
    }
    return restart;
  }

  MonoTime saved_at_{};
};

}  // namespace

Result<std::string> encode(const WatchMemory& memory) {
  for (const Detail detail : {Detail::kAll, Detail::kNoQuotations}) {
    std::string text = MemoryWriter(memory.saved_at, detail).write(memory);
    if (text.size() <= kWatchMemoryBytesMax) return text;
  }
  return fail(ErrorCode::kExhausted,
              fmt::format("what is known of {} instances takes more than {} bytes",
                          memory.instances.size(), kWatchMemoryBytesMax));
}

Result<WatchMemory> decode_watch_memory(std::string_view text) {
  return decode_json(text, {.bytes_max = kWatchMemoryBytesMax}, ErrorCode::kCorrupt,
                     [](JsonObject& in) { return MemoryReader().read(in); });
}

}  // namespace hearth
