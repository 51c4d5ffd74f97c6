#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "cli/command.h"
#include "cli/rules_file.h"
#include "cli/terminal/table.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

constexpr Duration kIntervalMax = std::chrono::hours(24);

std::string seconds_of(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return fmt::format("{}.{:03}", count / 1000, count % 1000);
}

/// "2026-03-01T09:15:02.123Z", or "+2.123 s" after the first line of a log without timestamps.
std::string time_of(const LogTrial& trial, Duration after) {
  if (!trial.first) return "+" + seconds_of(after) + " s";
  return show_time(*trial.first + std::chrono::duration_cast<std::chrono::milliseconds>(after));
}

bool is_marked(const LogTrial::Rule& rule) {
  return rule.action == HealthAction::kMark && rule.standing == "faulty";
}

Paint paint_of(HealthAction action) {
  switch (action) {
    case HealthAction::kEvent: return Paint::kPlain;
    case HealthAction::kMark: return Paint::kWarning;
    case HealthAction::kRestart:
    case HealthAction::kReplace: break;
  }
  return Paint::kBad;
}

class LogsCheckCommand final : public Command {
 public:
  explicit LogsCheckCommand(TryLogRules try_rules) : try_rules_(std::move(try_rules)) {}

  CommandText text() const override {
    return {
        .name = "logs check",
        .summary = "Try log rules on a recorded log.",
        .details =
            "Shows which line of FILE would have made which rule fire, when, and what Hearth "
            "would\n"
            "have done; then how often each rule matched and fired. No manager is needed. Lines\n"
            "can begin with RFC 3339 timestamps, as `docker logs --timestamps` writes them. "
            "Without\n"
            "timestamps and --interval all lines count as written at once. Every rule reads every\n"
            "line, whatever its stream. The output of a workload called check: hearth logs -- "
            "check",
        .examples = {
            {"hearth logs check heater.log --rules hearth.yaml", "exit code 2: a rule is wrong"},
            {"docker logs --timestamps db 2>&1 | hearth logs check - --rules rules.yaml",
             "a file with only log_rules"},
            {"hearth logs check old.log --rules rules.yaml --interval 100ms",
             "its lines as they are, ten a second"},
            {"hearth logs check heater.log --rules hearth.yaml -o json",
             R"({"lines", "firings", "rules", …})"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("FILE", "a recorded log; -: standard input", file_,
                         Arguments::Need::kRequired, usage::kFiles);
    arguments.value(
        {"--rules", "F", "a workload file, or a file with only log_rules", usage::kFiles}, rules_,
        Arguments::Need::kRequired);
    arguments.parsed({"--interval", "TIME", "take the lines as they are, this far apart"},
                     parse_interval, interval_);
    declare_output(arguments, output_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<std::vector<LogRule>> rules = load_rules(rules_);
    if (!rules) return tl::unexpected(rules.error());
    if (rules->empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: has no log_rules, so there is nothing to try", rules_));
    }
    const Result<LogTrial> trial = try_on_file(*rules);
    if (!trial) return tl::unexpected(trial.error());
    if (output_ == OutputFormat::kJson) {
      print_json(*trial, session.terminal);
    } else {
      print_text(*trial, session.terminal);
    }
    if (trial->lines > 0 && !trial->first && !interval_) {
      session.terminal.note(
          "line 1 has no timestamp: all lines count as written at once, so `within`, `hold_off` "
          "and "
          "what is absent mean nothing. Record with timestamps, or give --interval");
    }
    return ExitCode::kOk;
  }

 private:
  static Result<Duration> parse_interval(std::string_view text) {
    Result<Duration> interval = parse_duration(text);
    if (interval && *interval > kIntervalMax) {
      return fail(ErrorCode::kInvalidArgument, "must be at most 24h");
    }
    return interval;
  }

  Result<LogTrial> try_on_file(const std::vector<LogRule>& rules) const {
    if (file_ == "-") return try_rules_(rules, {.lines = std::cin, .interval = interval_});
    std::error_code ec;
    if (!std::filesystem::exists(file_, ec)) {
      return fail(ErrorCode::kNotFound, fmt::format("there is no file '{}'", file_));
    }
    std::ifstream lines(file_, std::ios::binary);
    if (!lines || std::filesystem::is_directory(file_, ec)) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot be read", file_));
    }
    Result<LogTrial> trial = try_rules_(rules, {.lines = lines, .interval = interval_});
    if (trial) return trial;
    return fail(trial.error().code, fmt::format("{}: {}", file_, trial.error().message));
  }

  static void print_text(const LogTrial& trial, Terminal& terminal) {
    Table table({{"TIME"},
                 {"LINE", Table::Column::Align::kRight},
                 {"RULE"},
                 {"ACTION"},
                 {"WHY"},
                 {"HELD OFF", Table::Column::Align::kRight},
                 {"TEXT"}});
    for (const LogTrial::Firing& firing : trial.firings) {
      table.add({{time_of(trial, firing.after)},
                 {firing.line == 0 ? "-" : std::to_string(firing.line)},
                 {firing.rule},
                 {std::string(name_of(firing.action)), paint_of(firing.action)},
                 {firing.why},
                 {firing.held_off == 0 ? "" : std::to_string(firing.held_off)},
                 {firing.text}});
    }
    if (!table.empty()) table.print(terminal);
    if (trial.left_out > 0) terminal.say(fmt::format("… and {} more", trial.left_out));
    print_rules(trial, terminal);
    print_end(trial, terminal);
  }

  static void print_rules(const LogTrial& trial, Terminal& terminal) {
    if (!trial.firings.empty()) terminal.say("");
    Table table({{"RULE"},
                 {"ACTION"},
                 {"MATCHED", Table::Column::Align::kRight},
                 {"FIRED", Table::Column::Align::kRight},
                 {"HELD OFF", Table::Column::Align::kRight},
                 {"AT THE END"}});
    for (const LogTrial::Rule& rule : trial.rules) {
      table.add({{rule.name},
                 {std::string(name_of(rule.action))},
                 {std::to_string(rule.matched)},
                 {std::to_string(rule.fired)},
                 {std::to_string(rule.held_off)},
                 {rule.standing + (rule.words.empty() ? "" : ": " + rule.words)}});
    }
    table.print(terminal);
  }

  static void print_end(const LogTrial& trial, Terminal& terminal) {
    terminal.say("");
    for (const LogTrial::Rule& rule : trial.rules) {
      if (rule.awaits_readiness && rule.matched == 0) {
        terminal.say(
            printable(fmt::format("never ready: what '{}' awaits was not seen", rule.name)));
      } else if (rule.matched == 0) {
        terminal.say(printable(fmt::format("never matched: '{}'", rule.name)));
      }
    }
    for (const LogTrial::Rule& rule : trial.rules) {
      if (is_marked(rule)) {
        terminal.say(printable(fmt::format("still marked by '{}': {}", rule.name, rule.words)));
      }
    }
    terminal.say(fmt::format("{} in {}; what is absent after the last one is not judged",
                             show_count(trial.lines, "line"), show_duration(trial.length)));
  }

  static void print_json(const LogTrial& trial, Terminal& terminal) {
    JsonWriter out;
    out.begin_object().field("lines", trial.lines).field("has_times", trial.first.has_value());
    out.key("length_s").literal(seconds_of(trial.length)).key("firings").begin_list();
    for (const LogTrial::Firing& firing : trial.firings) {
      out.begin_object();
      if (trial.first) out.field("time", time_of(trial, firing.after));
      out.key("after_s").literal(seconds_of(firing.after));
      if (firing.line > 0) out.field("line", firing.line);
      out.field("rule", firing.rule)
          .field("action", name_of(firing.action))
          .field("why", firing.why)
          .field("text", firing.text)
          .field("held_off", firing.held_off)
          .end_object();
    }
    out.end_list().field("left_out", trial.left_out).key("rules").begin_list();
    for (const LogTrial::Rule& rule : trial.rules) {
      out.begin_object()
          .field("name", rule.name)
          .field("action", name_of(rule.action))
          .field("matched", rule.matched)
          .field("fired", rule.fired)
          .field("held_off", rule.held_off)
          .field("standing", rule.standing)
          .field("words", rule.words)
          .field("marked", is_marked(rule))
          .end_object();
    }
    out.end_list().end_object();
    terminal.say_json(std::move(out).text());
  }

  TryLogRules try_rules_;
  std::string file_;
  std::string rules_;
  std::optional<Duration> interval_;
  OutputFormat output_ = OutputFormat::kText;
};

}  // namespace

std::unique_ptr<Command> make_logs_check_command(TryLogRules try_rules) {
  return std::make_unique<LogsCheckCommand>(std::move(try_rules));
}

}  // namespace hearth::cli
