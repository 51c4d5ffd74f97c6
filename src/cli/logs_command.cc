#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/log_lines.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

/// Followed at the same time, each with a connection and a thread of its own.
constexpr std::size_t kFollowedMax = 32;
constexpr auto kLookInterval = std::chrono::milliseconds(500);
constexpr std::uint32_t kTailMax = 1'000'000;

bool has_log(const InstanceView& instance) {
  return !instance.container.empty() && !instance.node.empty();
}

std::string log_target(const std::string& instance, std::optional<std::uint32_t> tail,
                       bool follow) {
  std::string target =
      fmt::format("/v1/instances/{}/logs?follow={}", percent_encode(instance), follow ? 1 : 0);
  if (tail) target += fmt::format("&tail={}", *tail);
  return target;
}

/// Keeps one stream per container of the followed instances, and opens another when an instance is
/// restarted or placed elsewhere.
class LogFollower {
 public:
  using Look = std::function<Result<std::vector<InstanceView>>()>;

  LogFollower(const ApiClient& api, LogLines& lines, Terminal& terminal, Look look)
      : api_(api), lines_(lines), terminal_(terminal), look_(std::move(look)) {}

  /// Returns when nothing is left that can log, or with the error of `look`.
  Result<void> run(std::vector<InstanceView> instances, std::optional<std::uint32_t> tail) {
    for (;;) {
      reap();
      for (const InstanceView& instance : instances) {
        if (has_log(instance)) begin(instance, tail);
      }
      tail.reset();  // All output of a container started since then is new.
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

  void begin(const InstanceView& instance, std::optional<std::uint32_t> tail) {
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
    if (again) tail = 1;  // Lines may have been missed; the latest one is current.
    seen_[instance.container] = Seen::kFollowed;
    auto stream = std::make_unique<Stream>();
    stream->thread = std::jthread([this, stream = stream.get(), id = instance.id, tail] {
      LogLines::Source source(lines_, id, id.size());
      // A silent stream must also end once the terminal accepts no more output.
      const auto ended =
          api_.stream(log_target(id, tail, true), {},
                      [&](std::string_view bytes) { return source.feed(bytes); },
                      {.interval = kLookInterval, .go_on = [this] { return lines_.takes_more(); }});
      stream->broken = !ended;
      stream->ended = true;
    });
    streams_.emplace(instance.container, std::move(stream));
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
    return {.name = "logs",
            .summary = "Show the output of a workload or of one instance.",
            .details =
                "Lines of several instances are prefixed with the instance. With -f, a container\n"
                "that replaces another is followed too. As JSON: one object per line.",
            .examples = {{"hearth logs heater", "all its instances"},
                         {"hearth logs heater -f --tail 10", "the last ten lines, then new ones"},
                         {"hearth logs heater-3", "one instance"},
                         {"hearth logs heater -o json", "{\"instance\", \"line\"}, one per line"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", "a workload, or an instance's id", name_);
    arguments.flag({"-f,--follow", "", "then print new lines"}, follow_);
    arguments.value({"--tail", "N", "only the last N lines of each instance"}, tail_, 1, kTailMax);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    auto instances = find(*api);
    if (!instances) return tl::unexpected(instances.error());
    return follow_ ? follow(*api, *std::move(instances), session)
                   : print(*api, *instances, session);
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

  Result<ExitCode> print(const ApiClient& api, const std::vector<InstanceView>& instances,
                         Session& session) const {
    const bool several = instances.size() > 1;
    LogLines lines(session.terminal, form(several));
    std::size_t columns = 0;
    for (const InstanceView& one : instances) columns = std::max(columns, one.id.size());
    ExitCode code = ExitCode::kOk;
    for (const InstanceView& one : instances) {
      if (!has_log(one)) {
        session.terminal.note(fmt::format("{} has no container: it is {}{}{}", one.id, one.state,
                                          one.reason.empty() ? "" : ": ", printable(one.reason)));
        continue;
      }
      LogLines::Source source(lines, one.id, columns);
      const auto ended = api.stream(log_target(one.id, tail_, false), {},
                                    [&](std::string_view bytes) { return source.feed(bytes); });
      if (ended) continue;
      if (!several) return tl::unexpected(ended.error());
      session.terminal.note(fmt::format("{}: {}", one.id, ended.error().message));
      code = ExitCode::kFailed;
    }
    return code;
  }

  Result<ExitCode> follow(const ApiClient& api, std::vector<InstanceView> instances,
                          Session& session) const {
    // A workload may get a second instance at any time.
    LogLines lines(session.terminal, form(is_workload_));
    LogFollower follower(api, lines, session.terminal, [&] { return look(api); });
    const Result<void> ended = follower.run(std::move(instances), tail_);
    if (!ended) return tl::unexpected(ended.error());
    return ExitCode::kOk;
  }

  LogLines::Form form(bool of_several) const {
    if (output_ == OutputFormat::kJson) return LogLines::Form::kJson;
    return of_several ? LogLines::Form::kPrefixed : LogLines::Form::kPlain;
  }

  std::string name_;
  bool is_workload_ = false;
  bool follow_ = false;
  std::optional<std::uint32_t> tail_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_logs_command() {
  return std::make_unique<LogsCommand>();
}

}  // namespace hearth::cli
