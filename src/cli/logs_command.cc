#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "base/duration_text.h"
#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/log_lines.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

/// Followed at the same time, each with a connection and a thread of its own.
constexpr std::size_t kFollowedMax = 32;
constexpr auto kLookInterval = std::chrono::milliseconds(500);
/// How long a slow instance may hold the others up: what is followed must appear soon.
constexpr Duration kFollowedPatience = std::chrono::milliseconds(500);
constexpr Duration kPatience = std::chrono::seconds(30);
constexpr std::uint32_t kTailMax = 1'000'000;

bool has_log(const InstanceView& instance) {
  return !instance.container.empty() && !instance.node.empty();
}

/// Which part of each log is read, and how.
struct LogPart {
  bool follow = false;
  std::optional<std::uint32_t> tail;
  std::optional<WallTime> since;
  bool timestamps = false;
  bool previous = false;  ///< Of the container before.

  bool is_of(const InstanceView& instance) const {
    return previous ? !instance.node.empty() : has_log(instance);
  }
};

std::string log_target(const std::string& instance, const LogPart& part) {
  std::string target =
      fmt::format("/v1/instances/{}/logs?follow={}", percent_encode(instance), part.follow ? 1 : 0);
  if (part.tail) target += fmt::format("&tail={}", *part.tail);
  if (part.since) target += "&since=" + percent_encode(show_time(*part.since));
  if (part.timestamps) target += "&timestamps=1";
  if (part.previous) target += "&previous=1";
  return target;
}

/// Which lines are printed; null: all.
Result<std::unique_ptr<LineMatcher>> compile_pattern(const std::optional<std::string>& pattern) {
  if (!pattern) return std::unique_ptr<LineMatcher>();
  const log_match::Re2PatternCompiler compiler;
  if (const std::optional<PatternFault> fault = compiler.fault_of(*pattern)) {
    const std::string place =
        fault->position ? fmt::format(" at character {}", *fault->position + 1) : "";
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--grep '{}'{}: {}", *pattern, place, fault->what));
  }
  return compiler.compile({LogRule{.name = "grep", .condition = MustNotAppear{*pattern}}});
}

/// Keeps one stream per container of the followed instances, and opens another when an instance is
/// restarted or placed elsewhere.
class LogFollower {
 public:
  using Look = std::function<Result<std::vector<InstanceView>>()>;

  LogFollower(const ApiClient& api, LogLines& lines, Terminal& terminal, Look look)
      : api_(api), lines_(lines), terminal_(terminal), look_(std::move(look)) {}

  /// Returns when nothing is left that can log, or with the error of `look`.
  Result<void> run(std::vector<InstanceView> instances, LogPart part) {
    for (;;) {
      reap();
      for (const InstanceView& instance : instances) {
        if (has_log(instance)) open(instance, part);
      }
      // Each is known before the first line comes, which may have to wait for all of them.
      for (auto& [container, stream] : streams_) start(*stream);
      part.tail.reset();  // All output of a container started since then is new.
      part.since.reset();
      if (instances.empty() && streams_.empty()) return {};
      if (!lines_.takes_more()) return {};  // The caller reports it.
      std::this_thread::sleep_for(kLookInterval);
      Result<std::vector<InstanceView>> looked = look_();
      if (looked) {
        instances = *std::move(looked);
      } else if (looked.error().code == ErrorCode::kNotFound) {
        instances.clear();
      } else if (looked.error().code != ErrorCode::kUnavailable || streams_.empty()) {
        return tl::unexpected(looked.error());
      }
    }
  }

 private:
  enum class Seen : std::uint8_t {
    kFollowed,  ///< Followed, or read to its end.
    kBroken,    ///< The connection broke: retried while the instance runs.
  };
  struct Stream {
    std::string instance;
    LogPart part;
    std::unique_ptr<LogLines::Source> source;  ///< Until its end.
    std::atomic<bool> ended = false;
    bool broken = false;  ///< Read once ended.
    std::jthread thread;
  };

  void reap() {
    std::erase_if(streams_, [&](const auto& entry) {
      const auto& [container, stream] = entry;
      if (!stream->ended) return false;
      if (stream->broken) seen_[container] = Seen::kBroken;
      return true;
    });
  }

  void open(const InstanceView& instance, LogPart part) {
    const auto known = seen_.find(instance.container);
    const bool again = known != seen_.end() && known->second == Seen::kBroken;
    if (known != seen_.end() && !(again && instance.state == "running")) return;
    if (streams_.size() >= kFollowedMax) {
      if (!std::exchange(bound_reported_, true)) {
        terminal_.note(
            fmt::format("more than {} instances: the others are not followed", kFollowedMax));
      }
      return;
    }
    if (again) part.tail = 1;  // Lines may have been missed; the latest one is current.
    seen_[instance.container] = Seen::kFollowed;
    auto stream = std::make_unique<Stream>();
    stream->instance = instance.id;
    stream->part = part;
    stream->source = std::make_unique<LogLines::Source>(
        lines_, LogMerge::Origin{instance.id, instance.node}, instance.id.size());
    streams_.emplace(instance.container, std::move(stream));
  }

  void start(Stream& stream) {
    if (stream.thread.joinable()) return;
    stream.thread = std::jthread([this, &stream] {
      // A silent stream must also end once the terminal accepts no more output.
      const auto ended =
          api_.stream(log_target(stream.instance, stream.part), {},
                      [&](std::string_view bytes) { return stream.source->feed(bytes); },
                      {.interval = kLookInterval, .go_on = [this] { return lines_.takes_more(); }});
      stream.source.reset();
      stream.broken = !ended;
      stream.ended = true;
    });
  }

  const ApiClient& api_;
  LogLines& lines_;
  Terminal& terminal_;
  Look look_;
  std::map<std::string, Seen> seen_;  ///< By container.
  std::map<std::string, std::unique_ptr<Stream>> streams_;
  bool bound_reported_ = false;
};

class LogsCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "logs",
        .summary = "Show the output of a workload or of one instance.",
        .details =
            "Lines of several instances are prefixed with the instance. With -f, a container\n"
            "that replaces another is followed too. --all merges the instances by the times of\n"
            "their lines, as the clocks of their nodes have them, and adds time and node; with\n"
            "-f, a slow instance holds the others up only for a moment. --grep reads patterns\n"
            "as log rules do (RE2), and applies after --tail. --previous shows what a container\n"
            "that died said last: its node keeps up to 100 lines, for 7 days. As JSON: one object\n"
            "per line.\n"
            "On a terminal, control characters in the output are made visible.",
        .examples = {{"hearth logs heater", "all its instances, one after the other"},
                     {"hearth logs heater -f --tail 10", "the last ten lines, then new ones"},
                     {"hearth logs heater --all --since 10m", "as one log, by time"},
                     {"hearth logs heater -f --grep 'error|FATAL'", "only lines that match"},
                     {"hearth logs heater-3", "one instance"},
                     {"hearth logs heater-3 --previous", "the end of what its last container said"},
                     {"hearth logs heater -o json", "{\"instance\", \"line\"}, one per line"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", "a workload, or an instance's id", name_);
    arguments.flag({"-f,--follow", "", "then print new lines"}, follow_);
    arguments.flag({"--all", "", "merge all instances by time, with time and node"}, all_);
    arguments.value({"--tail", "N", "only the last N lines of each instance"}, tail_, 1, kTailMax);
    arguments.value({"--since", "TIME", "start at this time: 10m (ago), or 2026-03-01T09:00:00Z"},
                    since_);
    arguments.flag({"--previous", "", "the last words of the container before"}, previous_);
    arguments.value({"--grep", "PATTERN", "only lines that match"}, pattern_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    if (previous_ && (follow_ || all_ || since_)) {
      return fail(
          ErrorCode::kInvalidArgument,
          "--previous goes with --tail, --grep and --output alone: omit --follow, --all and "
          "--since");
    }
    LogPart part{.follow = follow_, .tail = tail_, .since = {}, .previous = previous_};
    if (since_) {
      const Result<WallTime> since = parse_since(*since_, session.now());
      if (!since) return tl::unexpected(since.error());
      part.since = *since;
    }
    Result<std::unique_ptr<LineMatcher>> wanted = compile_pattern(pattern_);
    if (!wanted) return tl::unexpected(wanted.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    auto instances = find(*api);
    if (!instances) return tl::unexpected(instances.error());
    // A followed workload may get a second instance at any time.
    const bool several = follow_ ? is_workload_ : instances->size() > 1;
    part.timestamps = all_ && several;
    LogLines lines(session.terminal,
                   {.form = form(several),
                    .order = part.timestamps ? LogLines::Order::kTime : LogLines::Order::kArrival,
                    .patience = follow_ ? kFollowedPatience : kPatience,
                    .wanted = *std::move(wanted)});
    if (follow_) {
      LogFollower follower(*api, lines, session.terminal, [&] { return look(*api); });
      const Result<void> ended = follower.run(*std::move(instances), part);
      if (!ended) return tl::unexpected(ended.error());
      return ExitCode::kOk;
    }
    if (part.timestamps) return print_merged(*api, *instances, part, lines, session);
    return print(*api, *instances, part, lines, session);
  }

 private:
  /// A workload of that name takes precedence over an instance: the instances of `a` are called
  /// `a-1` and so on, and a workload can have the same name.
  Result<std::vector<InstanceView>> find(const ApiClient& api) {
    if (WorkloadName::parse(name_)) {
      if (const auto workload = api.get("/v1/workloads/" + name_)) {
        is_workload_ = true;
        return look(api);
      } else if (workload.error().code != ErrorCode::kNotFound) {
        return tl::unexpected(workload.error());
      }
    }
    auto instances = look(api);
    if (instances && instances->empty()) {
      return fail(
          ErrorCode::kNotFound,
          fmt::format("there is no workload or instance '{}'; see: hearth ps", printable(name_)));
    }
    return instances;
  }

  Result<std::vector<InstanceView>> look(const ApiClient& api) const {
    const auto pages =
        api.get_pages(is_workload_ ? "/v1/instances?workload=" + name_ : "/v1/instances");
    if (!pages) return tl::unexpected(pages.error());
    auto instances = decode_instances(*pages);
    if (instances && !is_workload_) {
      std::erase_if(*instances, [&](const InstanceView& one) { return one.id != name_; });
    }
    return instances;
  }

  static void note_without_container(const InstanceView& one, Terminal& terminal) {
    terminal.note(printable(fmt::format("{} has no container: it is {}{}{}", one.id, one.state,
                                        one.reason.empty() ? "" : ": ", one.reason)));
  }

  static Result<ExitCode> print(const ApiClient& api, const std::vector<InstanceView>& instances,
                                const LogPart& part, LogLines& lines, Session& session) {
    const std::size_t columns = widest(instances);
    ExitCode code = ExitCode::kOk;
    for (const InstanceView& one : instances) {
      if (!part.is_of(one)) {
        note_without_container(one, session.terminal);
        continue;
      }
      LogLines::Source source(lines, {one.id, one.node}, columns);
      const auto ended = api.stream(log_target(one.id, part), {},
                                    [&](std::string_view bytes) { return source.feed(bytes); });
      if (ended) continue;
      if (instances.size() == 1) return tl::unexpected(ended.error());
      session.terminal.note(printable(fmt::format("{}: {}", one.id, ended.error().message)));
      // Not every instance has lost a container.
      const bool is_fault = !part.previous || ended.error().code != ErrorCode::kNotFound;
      if (is_fault) code = ExitCode::kFailed;
    }
    return code;
  }

  /// One instance whose log is read.
  struct Reader {
    const InstanceView* instance;
    std::unique_ptr<LogLines::Source> source;  ///< Until its end.
    std::string fault;

    void read(const ApiClient& api, const LogPart& part) {
      const auto ended = api.stream(log_target(instance->id, part), {},
                                    [&](std::string_view bytes) { return source->feed(bytes); });
      if (!ended) fault = ended.error().message;
      source.reset();
    }
  };

  static std::vector<Reader> open_all(const std::vector<InstanceView>& instances, LogLines& lines,
                                      Terminal& terminal) {
    std::vector<Reader> readers;
    const std::size_t columns = widest(instances);
    for (const InstanceView& one : instances) {
      if (!has_log(one)) {
        note_without_container(one, terminal);
        continue;
      }
      Reader reader{.instance = &one, .source = nullptr, .fault = {}};
      if (readers.size() < kFollowedMax) {
        reader.source =
            std::make_unique<LogLines::Source>(lines, LogMerge::Origin{one.id, one.node}, columns);
      } else {
        reader.fault = fmt::format("is left out: at most {} are merged", kFollowedMax);
      }
      readers.push_back(std::move(reader));
    }
    return readers;
  }

  /// All at once, since the first line of all can be in any of them.
  static Result<ExitCode> print_merged(const ApiClient& api,
                                       const std::vector<InstanceView>& instances,
                                       const LogPart& part, LogLines& lines, Session& session) {
    std::vector<Reader> readers = open_all(instances, lines, session.terminal);
    {
      std::vector<std::jthread> threads;
      for (Reader& reader : readers) {
        if (!reader.source) continue;
        threads.emplace_back([&reader, &api, &part] { reader.read(api, part); });
      }
    }
    ExitCode code = ExitCode::kOk;
    for (const Reader& reader : readers) {
      if (reader.fault.empty()) continue;
      session.terminal.note(printable(fmt::format("{}: {}", reader.instance->id, reader.fault)));
      code = ExitCode::kFailed;
    }
    return code;
  }

  static std::size_t widest(const std::vector<InstanceView>& instances) {
    std::size_t columns = 0;
    for (const InstanceView& one : instances) columns = std::max(columns, one.id.size());
    return columns;
  }

  LogLines::Form form(bool of_several) const {
    if (output_ == OutputFormat::kJson) return LogLines::Form::kJson;
    return of_several ? LogLines::Form::kPrefixed : LogLines::Form::kPlain;
  }

  std::string name_;
  bool is_workload_ = false;
  bool follow_ = false;
  bool all_ = false;
  bool previous_ = false;
  std::optional<std::uint32_t> tail_;
  std::optional<std::string> since_;
  std::optional<std::string> pattern_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_logs_command() {
  return std::make_unique<LogsCommand>();
}

}  // namespace hearth::cli
