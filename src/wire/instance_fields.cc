#include "wire/instance_fields.h"

#include <algorithm>
#include <array>
#include <cctype>

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

ReplaceOrder read_replace(const JsonValue& value, const InstanceSpec& spec,
                          const SpecReading& reading) {
  const bool stops_first = runs_only_once(spec.container) || spec.adopted ||
                           spec.container.network == NetworkMode::kHost;
  const auto order = value.parsed(parse_replace_order);
  const bool starts_first = order == ReplaceOrder::kStartFirst;
  reading.demand(!starts_first || !runs_only_once(spec.container), value,
                 "two instances cannot have the same device or published port: write stop_first, "
                 "or leave it out");
  reading.demand(!starts_first || !spec.adopted, value,
                 "there is only one adopted container: write stop_first, or leave it out");
  return order.value_or(stops_first ? ReplaceOrder::kStopFirst : ReplaceOrder::kStartFirst);
}

/// What Docker accepts as a name, and so as the start of an id.
bool is_container_name(std::string_view text) {
  const auto is_plain = [](unsigned char one) { return std::isalnum(one) != 0; };
  const auto is_allowed = [&](unsigned char one) {
    return is_plain(one) || one == '_' || one == '.' || one == '-';
  };
  return !text.empty() && is_plain(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

std::optional<AdoptedContainer> read_adopt(const JsonValue& value, const SpecReading& reading) {
  if (!value.present()) return std::nullopt;
  AdoptedContainer adopted;
  JsonObject in = value.object();
  const JsonValue container = in.required("container");
  adopted.name = reading.text(container, kContainerNameBytesMax);
  reading.demand(adopted.name.empty() || is_container_name(adopted.name), container,
                 "must be a container's name as 'docker ps' shows it, or the start of its id: "
                 "letters, digits, '_', '.' and '-'");
  adopted.restart = in.optional("restart").parsed(parse_adopted_restart).value_or(adopted.restart);
  if (reading.checks()) {
    in.refuse_unknown();
  } else {
    adopted.afresh = in.optional("afresh").boolean().value_or(false);
  }
  return adopted;
}

/// What a container that exists has already.
void forbid_beside_adopt(JsonObject& in, const InstanceSpec& spec, const SpecReading& reading) {
  for (const std::string_view key : {"environment", "resources", "devices", "ports"}) {
    reading.forbid(in, key, "an adopted container keeps its own: leave it out");
  }
  reading.demand(spec.stop.signal.empty(), in.optional("stop"),
                 "an adopted container keeps its own signal: leave signal out");
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
  spec.adopted = read_adopt(in.optional("adopt"), reading);
  if (spec.adopted) forbid_beside_adopt(in, spec, reading);
  spec.replace = read_replace(in.optional("replace"), spec, reading);
  return fields;
}

void write_instance_spec(JsonWriter& out, const InstanceSpec& spec,
                         const std::optional<Duration>& placement_deadline) {
  if (spec.adopted) {
    out.field("network", name_of(spec.container.network));
  } else {
    write_container(out, spec.container);
  }
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
  if (!spec.adopted) return;
  out.key("adopt").begin_object().field("container", spec.adopted->name);
  out.field("restart", name_of(spec.adopted->restart));
  if (spec.adopted->afresh) out.field("afresh", true);
  out.end_object();
}

}  // namespace hearth::wire
