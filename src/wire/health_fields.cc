#include "wire/health_fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration_text.h"

namespace hearth::wire {
namespace {

constexpr Duration kShortest(1);

// Probes.

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

std::map<std::string, std::string> read_headers(const JsonValue& value,
                                                const SpecReading& reading) {
  std::map<std::string, std::string> headers;
  std::size_t bytes = 0;
  value.object().each([&](std::string_view name, const JsonValue& header) {
    const std::string text = header.scalar_text().value_or("");
    reading.demand(is_header_name(name) && is_header_value(text), header,
                   "is not a header of HTTP");
    bytes += name.size() + text.size();
    headers.insert_or_assign(std::string(name), text);
  });
  reading.demand(headers.size() <= kProbeHeadersMax, value,
                 fmt::format("has {} headers; the limit is {}", headers.size(), kProbeHeadersMax));
  reading.demand(bytes <= kProbeHeaderBytesMax, value,
                 fmt::format("has {} bytes; the limit is {}", bytes, kProbeHeaderBytesMax));
  return headers;
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && std::none_of(path.begin(), path.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
         });
}

HttpCheck read_http(JsonObject in, const SpecReading& reading) {
  HttpCheck http;
  http.port = reading.number<std::uint16_t>(in.required("port"), 1, 65535).value_or(0);
  const JsonValue path = in.optional("path");
  if (path.present()) {
    http.path = reading.text(path, kProbePathBytesMax);
    reading.demand(http.path.empty() || is_path(http.path), path,
                   "must begin with '/' and have no spaces, such as \"/healthz\"");
  }
  http.headers = read_headers(in.optional("headers"), reading);
  reading.forbid(in, "httpHeaders", "write headers: {NAME: VALUE}");
  if (reading.checks()) in.refuse_unknown();
  return http;
}

TcpCheck read_tcp(JsonObject in, const SpecReading& reading) {
  TcpCheck tcp{.port = reading.number<std::uint16_t>(in.required("port"), 1, 65535).value_or(0)};
  if (reading.checks()) in.refuse_unknown();
  return tcp;
}

void forbid_names_of_kubernetes(JsonObject& in, const SpecReading& reading) {
  reading.forbid(in, "httpGet", "write http: {port: 8080, path: /healthz}");
  reading.forbid(in, "tcpSocket", "write tcp: {port: 8080}");
  reading.forbid(in, "periodSeconds", "write period: 10s");
  reading.forbid(in, "timeoutSeconds", "write timeout: 2s");
  reading.forbid(in, "initialDelaySeconds", "write initial_delay: 10s");
  reading.forbid(in, "failureThreshold", "write failures: 3");
  reading.forbid(in, "successThreshold", "write successes: 1");
}

std::optional<Probe> read_probe(const JsonValue& value, const SpecReading& reading) {
  JsonObject in = value.object();
  const JsonValue http = in.optional("http");
  const JsonValue tcp = in.optional("tcp");
  const JsonValue exec = in.optional("exec");
  Probe probe;
  const auto time = [&](const char* key, Duration low, Duration& into) {
    into = reading.duration(in.optional(key), low, kProbeTimeMax).value_or(into);
  };
  const auto count = [&](const char* key, std::uint32_t& into) {
    into = reading.number<std::uint32_t>(in.optional(key), 1, kProbeCountMax).value_or(into);
  };
  time("initial_delay", Duration::zero(), probe.initial_delay);
  time("period", kProbeTimeMin, probe.period);
  time("timeout", kProbeTimeMin, probe.timeout);
  count("failures", probe.failures);
  count("successes", probe.successes);
  forbid_names_of_kubernetes(in, reading);
  if (reading.checks()) in.refuse_unknown();
  if (http.present() + tcp.present() + exec.present() != 1) {
    value.fault("must have exactly one of: http, tcp, exec");
    return std::nullopt;
  }
  if (http.present()) probe.check = read_http(http.object(), reading);
  if (tcp.present()) probe.check = read_tcp(tcp.object(), reading);
  if (exec.present()) {
    std::vector<std::string> command = reading.command(exec);
    reading.demand(!exec.is_list() || !command.empty(), exec, "must not be empty");
    probe.check = ExecCheck{.command = std::move(command)};
  }
  return probe;
}

struct CheckWriter {
  void operator()(const HttpCheck& http) const {
    out.key("http").begin_object().field("port", http.port).field("path", http.path);
    if (!http.headers.empty()) {
      out.key("headers").begin_object();
      for (const auto& [name, value] : http.headers) out.field(name, value);
      out.end_object();
    }
    out.end_object();
  }
  void operator()(const TcpCheck& tcp) const {
    out.key("tcp").begin_object().field("port", tcp.port).end_object();
  }
  void operator()(const ExecCheck& exec) const {
    out.key("exec").begin_list();
    for (const std::string& word : exec.command) out.value(word);
    out.end_list();
  }
  JsonWriter& out;
};

void write_probe(JsonWriter& out, std::string_view key, const std::optional<Probe>& probe) {
  if (!probe) return;
  out.key(key).begin_object();
  std::visit(CheckWriter{out}, probe->check);
  out.field("initial_delay", exact_duration(probe->initial_delay))
      .field("period", exact_duration(probe->period))
      .field("timeout", exact_duration(probe->timeout))
      .field("failures", probe->failures)
      .field("successes", probe->successes)
      .end_object();
}

/// How long a probe fails before it fails for good.
Duration patience(const Probe& probe) {
  return probe.period * probe.failures;
}

// Log rules.

bool is_rule_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string read_pattern(const JsonValue& value, const SpecReading& reading) {
  std::string pattern = reading.text(value, kPatternBytesMax);
  if (!reading.checks() || !reading.check_pattern || pattern.empty()) return pattern;
  if (std::optional<std::string> fault = reading.check_pattern(pattern)) {
    value.fault("is not a valid pattern: " + *fault);
  }
  return pattern;
}

/// The keys of a rule that only some conditions have.
struct RuleTerms {
  JsonValue count;
  JsonValue within;
  JsonValue unless;
  JsonValue every;
  JsonValue grace;

  void refuse(const SpecReading& reading, const JsonValue& term, std::string_view owner) const {
    reading.demand(!term.present(), term, fmt::format("belongs to {}", owner));
  }
};

std::optional<Duration> required_time(const JsonValue& rule, const JsonValue& term,
                                      std::string_view what, const SpecReading& reading) {
  if (!term.present()) rule.fault(std::string(what));
  return reading.duration(term, kShortest, kRuleTimeMax);
}

MustNotAppear read_must_not_appear(const JsonValue& value, const RuleTerms& terms,
                                   const SpecReading& reading) {
  MustNotAppear condition{.pattern = read_pattern(value, reading)};
  if (terms.unless.present()) condition.unless = read_pattern(terms.unless, reading);
  condition.count =
      reading.number<std::uint32_t>(terms.count, 1, kRuleCountMax).value_or(condition.count);
  condition.within =
      reading.duration(terms.within, kShortest, kRuleTimeMax).value_or(Duration::zero());
  reading.demand(condition.count <= 1 || terms.within.present(), terms.count,
                 "needs within: the time in which as many lines are a fault, such as 1m");
  terms.refuse(reading, terms.every, "must_recur");
  terms.refuse(reading, terms.grace, "must_recur");
  return condition;
}

MustAppear read_must_appear(const JsonValue& rule, const JsonValue& value, const RuleTerms& terms,
                            const SpecReading& reading) {
  MustAppear condition{.pattern = read_pattern(value, reading)};
  condition.within =
      required_time(rule, terms.within,
                    "must_appear needs within: the time from the start of the container, such as "
                    "30s",
                    reading)
          .value_or(Duration::zero());
  terms.refuse(reading, terms.count, "must_not_appear");
  terms.refuse(reading, terms.unless, "must_not_appear");
  terms.refuse(reading, terms.every, "must_recur");
  terms.refuse(reading, terms.grace, "must_recur");
  return condition;
}

MustRecur read_must_recur(const JsonValue& rule, const JsonValue& value, const RuleTerms& terms,
                          const SpecReading& reading) {
  MustRecur condition{.pattern = read_pattern(value, reading)};
  condition.every = required_time(rule, terms.every,
                                  "must_recur needs every: the longest time between two matching "
                                  "lines, such as 10s",
                                  reading)
                        .value_or(Duration::zero());
  condition.grace =
      reading.duration(terms.grace, Duration::zero(), kRuleTimeMax).value_or(Duration::zero());
  terms.refuse(reading, terms.count, "must_not_appear");
  terms.refuse(reading, terms.unless, "must_not_appear");
  terms.refuse(reading, terms.within, "must_not_appear and must_appear");
  return condition;
}

LogSilence read_silence(const JsonValue& value, const RuleTerms& terms,
                        const SpecReading& reading) {
  for (const JsonValue& term :
       {terms.count, terms.within, terms.unless, terms.every, terms.grace}) {
    terms.refuse(reading, term, "rules with a pattern");
  }
  return {.longest = reading.duration(value, kShortest, kRuleTimeMax).value_or(Duration::zero())};
}

std::optional<LogRule> read_log_rule(const JsonValue& value, const SpecReading& reading) {
  JsonObject in = value.object();
  LogRule rule;
  const JsonValue name = in.required("name");
  rule.name = reading.text(name, kRuleNameBytesMax);
  reading.demand(is_rule_name(rule.name), name, "must be of letters, digits, '-', '_' and '.'");
  const JsonValue must_not_appear = in.optional("must_not_appear");
  const JsonValue must_appear = in.optional("must_appear");
  const JsonValue must_recur = in.optional("must_recur");
  const JsonValue silence = in.optional("silence");
  const RuleTerms terms{.count = in.optional("count"),
                        .within = in.optional("within"),
                        .unless = in.optional("unless"),
                        .every = in.optional("every"),
                        .grace = in.optional("grace")};
  rule.stream = in.optional("stream").parsed(parse_log_stream).value_or(rule.stream);
  rule.action = in.optional("do").parsed(parse_health_action).value_or(rule.action);
  rule.hold_off = reading.duration(in.optional("hold_off"), Duration::zero(), kRuleTimeMax)
                      .value_or(rule.hold_off);
  reading.forbid(in, "action", "write do: restart");
  reading.forbid(in, "pattern", "write must_not_appear, must_appear or must_recur: PATTERN");
  if (reading.checks()) in.refuse_unknown();
  if (must_not_appear.present() + must_appear.present() + must_recur.present() +
          silence.present() !=
      1) {
    value.fault("must have exactly one of: must_not_appear, must_appear, must_recur, silence");
    return std::nullopt;
  }
  if (must_not_appear.present()) {
    rule.condition = read_must_not_appear(must_not_appear, terms, reading);
  } else if (must_appear.present()) {
    rule.condition = read_must_appear(value, must_appear, terms, reading);
  } else if (must_recur.present()) {
    rule.condition = read_must_recur(value, must_recur, terms, reading);
  } else {
    rule.condition = read_silence(silence, terms, reading);
  }
  return rule;
}

struct ConditionWriter {
  void operator()(const MustNotAppear& rule) const {
    out.field("must_not_appear", rule.pattern).field_if_known("unless", rule.unless);
    out.field("count", rule.count);
    if (rule.within > Duration::zero()) out.field("within", exact_duration(rule.within));
  }
  void operator()(const MustAppear& rule) const {
    out.field("must_appear", rule.pattern).field("within", exact_duration(rule.within));
  }
  void operator()(const MustRecur& rule) const {
    out.field("must_recur", rule.pattern).field("every", exact_duration(rule.every));
    out.field("grace", exact_duration(rule.grace));
  }
  void operator()(const LogSilence& rule) const {
    out.field("silence", exact_duration(rule.longest));
  }
  JsonWriter& out;
};

}  // namespace

Probes read_probes(JsonObject in, const SpecReading& reading) {
  const auto read = [&](const JsonValue& value) { return read_probe(value, reading); };
  Probes probes;
  probes.startup = in.optional("startup").as(read);
  probes.readiness = in.optional("readiness").as(read);
  const JsonValue liveness = in.optional("liveness");
  probes.liveness = liveness.as(read);
  probes.image_healthcheck = in.optional("image_healthcheck")
                                 .parsed(parse_healthcheck_use)
                                 .value_or(probes.image_healthcheck);
  reading.forbid(in, "readinessProbe", "write readiness");
  reading.forbid(in, "livenessProbe", "write liveness");
  reading.forbid(in, "startupProbe", "write startup");
  if (reading.checks()) in.refuse_unknown();
  if (probes.liveness && probes.readiness) {
    reading.demand(
        patience(*probes.liveness) >= patience(*probes.readiness), liveness,
        fmt::format("gives up after {}, before readiness does ({}), so a container that is only "
                    "busy is restarted: make period x failures at least that long",
                    show_duration(patience(*probes.liveness)),
                    show_duration(patience(*probes.readiness))));
  }
  return probes;
}

void write_probes(JsonWriter& out, const Probes& probes) {
  out.begin_object();
  write_probe(out, "startup", probes.startup);
  write_probe(out, "readiness", probes.readiness);
  write_probe(out, "liveness", probes.liveness);
  out.field("image_healthcheck", name_of(probes.image_healthcheck)).end_object();
}

std::vector<LogRule> read_log_rules(const JsonValue& value, const SpecReading& reading) {
  std::vector<LogRule> rules;
  value.each([&](const JsonValue& item) {
    std::optional<LogRule> rule = read_log_rule(item, reading);
    if (!rule) return;
    const bool is_taken = std::any_of(
        rules.begin(), rules.end(), [&](const LogRule& other) { return other.name == rule->name; });
    reading.demand(!is_taken || rule->name.empty(), item,
                   fmt::format("has the name '{}' of another rule", rule->name));
    rules.push_back(*std::move(rule));
  });
  reading.demand(rules.size() <= kLogRulesMax, value,
                 fmt::format("has {} rules; the limit is {}", rules.size(), kLogRulesMax));
  return rules;
}

void write_log_rules(JsonWriter& out, const std::vector<LogRule>& rules) {
  out.begin_list();
  for (const LogRule& rule : rules) {
    out.begin_object().field("name", rule.name);
    std::visit(ConditionWriter{out}, rule.condition);
    out.field("stream", name_of(rule.stream)).field("do", name_of(rule.action));
    out.field("hold_off", exact_duration(rule.hold_off)).end_object();
  }
  out.end_list();
}

std::vector<TrendRule> read_trends(JsonObject in, const SpecReading& reading) {
  std::vector<TrendRule> trends;
  for (const TrendOf of :
       {TrendOf::kMemory, TrendOf::kOpenFiles, TrendOf::kProcesses, TrendOf::kRestarts}) {
    const JsonValue value = in.optional(name_of(of));
    if (!value.present()) continue;
    JsonObject terms = value.object();
    TrendRule trend{.of = of};
    if (of != TrendOf::kRestarts) {
      trend.ahead =
          reading.duration(terms.optional("ahead"), kShortest, kRuleTimeMax).value_or(trend.ahead);
    }
    const JsonValue action = terms.optional("do");
    trend.action = action.parsed(parse_health_action).value_or(trend.action);
    if (reading.checks() && of == TrendOf::kRestarts && trend.action == HealthAction::kRestart)
      action.fault("must be event, mark or replace: a restart would only add to the restarts");
    if (reading.checks()) terms.refuse_unknown();
    trends.push_back(trend);
  }
  if (reading.checks()) in.refuse_unknown();
  return trends;
}

void write_trends(JsonWriter& out, const std::vector<TrendRule>& trends) {
  out.begin_object();
  for (const TrendRule& trend : trends) {
    out.key(name_of(trend.of)).begin_object();
    if (trend.of != TrendOf::kRestarts) out.field("ahead", exact_duration(trend.ahead));
    out.field("do", name_of(trend.action)).end_object();
  }
  out.end_object();
}

}  // namespace hearth::wire
