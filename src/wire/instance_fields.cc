#include "wire/instance_fields.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "wire/container_fields.h"
#include "wire/health_fields.h"

namespace hearth::wire {
namespace {

constexpr std::array<std::string_view, 10> kSignals = {
    "SIGTERM", "SIGINT",  "SIGQUIT", "SIGHUP",   "SIGKILL",
    "SIGUSR1", "SIGUSR2", "SIGABRT", "SIGWINCH", "SIGRTMIN+3"};

std::string list_of_signals() {
  std::string all;
  for (const std::string_view signal : kSignals) {
    all += all.empty() ? "" : ", ";
    all += signal;
  }
  return all;
}

StopSpec read_stop(JsonObject in, const SpecReading& reading) {
  StopSpec stop;
  const JsonValue signal = in.optional("signal");
  stop.signal = signal.text().value_or("");
  reading.demand(!signal.is_text() ||
                     std::find(kSignals.begin(), kSignals.end(), stop.signal) != kSignals.end(),
                 signal, "must be one of: " + list_of_signals());
  stop.grace =
      reading.duration(in.optional("grace"), Duration::zero(), kStopGraceMax).value_or(stop.grace);
  stop.pre_stop = reading.command(in.optional("pre_stop"));
  if (reading.checks()) in.refuse_unknown();
  return stop;
}

/// "no" and "unless-stopped" are compose's.
RestartPolicy read_restart(const JsonValue& value, WorkloadKind kind, const SpecReading& reading) {
  const bool is_oneshot = kind == WorkloadKind::kOneshot;
  const RestartPolicy absent = is_oneshot ? RestartPolicy::kOnFailure : RestartPolicy::kAlways;
  if (value.is_text() && *value.text() == "no") {
    value.fault("must be one of: always, on-failure, never; what compose calls no is never");
    return absent;
  }
  if (value.is_text() && *value.text() == "unless-stopped") {
    value.fault(
        "must be one of: always, on-failure, never; write always: what 'hearth stop' stopped is "
        "not started");
    return absent;
  }
  const RestartPolicy policy = value.parsed(parse_restart_policy).value_or(absent);
  reading.demand(!is_oneshot || policy != RestartPolicy::kAlways, value,
                 "a oneshot ends: write on-failure or never, or kind: service for what runs on");
  return policy;
}

bool runs_only_once(const ContainerSpec& container) {
  return !container.devices.empty() || !container.ports.empty();
}

ReplaceOrder read_replace(const JsonValue& value, const ContainerSpec& container,
                          const SpecReading& reading) {
  const bool stops_first = runs_only_once(container) || container.network == NetworkMode::kHost;
  const auto order = value.parsed(parse_replace_order);
  reading.demand(order != ReplaceOrder::kStartFirst || !runs_only_once(container), value,
                 "two instances cannot have the same device or published port: write stop_first, "
                 "or leave it out");
  return order.value_or(stops_first ? ReplaceOrder::kStopFirst : ReplaceOrder::kStartFirst);
}

void read_update(JsonObject in, InstanceFields& into, const SpecReading& reading) {
  const auto deadline = [&](const char* key, Duration& of) {
    of = reading.duration(in.optional(key), Duration(1), kDeadlineMax).value_or(of);
  };
  InstanceSpec& spec = into.spec;
  const JsonValue min_ready = in.optional("min_ready");
  spec.min_ready =
      reading.duration(min_ready, Duration::zero(), kMinReadyMax).value_or(spec.min_ready);
  deadline("ready_deadline", spec.ready_deadline);
  deadline("placement_deadline", into.placement_deadline);
  if (reading.checks()) in.refuse_unknown();
  reading.demand(
      spec.min_ready <= spec.ready_deadline, min_ready,
      fmt::format("must not exceed ready_deadline ({})", exact_duration(spec.ready_deadline)));
}

}  // namespace

InstanceFields read_instance_fields(JsonObject& in, WorkloadKind kind, const SpecReading& reading) {
  InstanceFields fields;
  InstanceSpec& spec = fields.spec;
  spec.container = read_container(in, reading);
  spec.restart = read_restart(in.optional("restart"), kind, reading);
  spec.stop = read_stop(in.optional("stop").object(), reading);
  spec.probes = read_probes(in.optional("probes").object(), reading);
  spec.log_rules = read_log_rules(in.optional("log_rules"), reading);
  spec.trends = read_trends(in.optional("trends").object(), reading);
  read_update(in.optional("update").object(), fields, reading);
  spec.replace = read_replace(in.optional("replace"), spec.container, reading);
  return fields;
}

void write_instance_spec(JsonWriter& out, const InstanceSpec& spec,
                         const std::optional<Duration>& placement_deadline) {
  write_container(out, spec.container);
  out.field("restart", name_of(spec.restart)).key("stop").begin_object();
  out.field_if_known("signal", spec.stop.signal).field("grace", exact_duration(spec.stop.grace));
  out.key("pre_stop").begin_list();
  for (const std::string& word : spec.stop.pre_stop) out.value(word);
  out.end_list().end_object();
  write_probes(out.key("probes"), spec.probes);
  write_log_rules(out.key("log_rules"), spec.log_rules);
  write_trends(out.key("trends"), spec.trends);
  out.key("update").begin_object().field("min_ready", exact_duration(spec.min_ready));
  out.field("ready_deadline", exact_duration(spec.ready_deadline));
  if (placement_deadline) {
    out.field("placement_deadline", exact_duration(*placement_deadline));
  }
  out.end_object().field("replace", name_of(spec.replace));
}

}  // namespace hearth::wire
