#include "cli/client/release_follower.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/client/last_words.h"
#include "cli/terminal/terminal.h"

namespace hearth::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kPollInterval = milliseconds(200);
/// Covers a restart of the manager while we wait.
constexpr auto kManagerAwayMax = seconds(15);
/// How long the log may still arrive after the build has ended.
constexpr auto kLogEndsWithin = seconds(3);
/// How long the last words of a container that is being stopped are awaited: longer than the grace
/// that containers have unless their workload gives them another one.
constexpr auto kWordsComeWithin = seconds(15);

bool is_ready(const InstanceView& instance) {
  if (instance.state == "completed") return true;
  const bool is_judged = !instance.health.empty() && instance.health != "unknown";
  return instance.state == "running" && (!is_judged || instance.health == "ready");
}

std::string with_reason(const std::string& words, const std::string& reason) {
  return reason.empty() ? words : fmt::format("{}: {}", words, reason);
}

/// What happens to it, to follow its name.
std::string in_words(const InstanceView& instance) {
  const std::string& state = instance.state;
  if (instance.node.empty()) return with_reason("has no node yet", instance.reason);
  if (state == "assigned" || state == "staged" || state == "starting") {
    return with_reason("is starting on " + instance.node, instance.reason);
  }
  if (state == "fetching") {
    return with_reason("fetches its image on " + instance.node, instance.reason);
  }
  if (state == "completed") return "has completed on " + instance.node;
  if (state == "running") {
    if (is_ready(instance)) return fmt::format("runs on {} and is ready", instance.node);
    const bool degraded = instance.health == "degraded";
    return with_reason(
        fmt::format("runs on {}, {}", instance.node, degraded ? "degraded" : "not ready yet"),
        instance.health_reason);
  }
  if (instance.exit_code && (state == "backoff" || state == "crash_loop" || state == "failed")) {
    return with_reason(
        fmt::format("ended on {} with exit code {}", instance.node, *instance.exit_code),
        instance.reason);
  }
  return with_reason(fmt::format("on {} is in state {}", instance.node, state), instance.reason);
}

/// "0123456789ab" in "'app-1' on 'a' in container 0123456789ab failed: …"; empty: none is named.
std::string container_in(const std::string& reason) {
  constexpr std::string_view kBefore = "' in container ";
  const std::size_t begin = reason.find(kBefore);
  if (begin == std::string::npos) return {};
  const std::size_t id = begin + kBefore.size();
  return reason.substr(id, std::min(reason.find(' ', id), reason.size()) - id);
}

/// What a node reported with an exit.
struct ReportedWords {
  std::string container;  ///< Whose they are; empty: not known.
  std::string words;
};

class ReleaseFollower {
 public:
  ReleaseFollower(const ApiClient& api, std::string name, std::uint64_t generation,
                  Duration timeout, const DeployProgress& progress)
      : api_(api),
        name_(std::move(name)),
        generation_(generation),
        deadline_(Clock::now() + timeout),
        progress_(progress) {}

  /// Passes on the build's output until it ends; wait() reports the result.
  void follow_build() {
    const Result<void> looked = look();
    if (looked && workload_.generation != generation_) return;  // It was built before.
    std::optional<Clock::time_point> over_since;
    const auto go_on = [&] {
      if (!progress_.go_on()) return false;
      if (!look()) return Clock::now() < deadline_;
      report_build_reason();
      if (workload_.generation != generation_ || workload_.phase != "building") {
        if (!over_since) over_since = Clock::now();
        return Clock::now() - *over_since < kLogEndsWithin;
      }
      return Clock::now() < deadline_;
    };
    const ChunkSink sink = [&](std::string_view output) {
      progress_.on_build_output(output);
      return true;
    };
    // A log that is missing or breaks off does not make the deploy fail.
    (void)api_.stream(
        fmt::format("/v1/workloads/{}/build-log?generation={}&follow=1", name_, generation_), {},
        sink, {.interval = milliseconds(500), .go_on = go_on});
  }

  Result<void> wait() {
    for (;;) {
      Result<void> looked = look();
      if (!looked) {
        if (looked.error().code != ErrorCode::kUnavailable || away_too_long()) return looked;
      } else {
        report_changes();
        if (Result<void> hopeful = check(); !hopeful) return hopeful;
        if (is_deployed()) return {};
      }
      if (!progress_.go_on()) return fail(ErrorCode::kFailed, "interrupted");
      if (Clock::now() > deadline_) return fail(ErrorCode::kTimeout, what_is_awaited());
      std::this_thread::sleep_for(kPollInterval);
    }
  }

  FollowedRelease result() && { return {std::move(workload_), std::move(instances_)}; }

 private:
  Result<void> look() {
    const Result<std::string> workload = api_.get("/v1/workloads/" + name_);
    if (!workload) return tl::unexpected(workload.error());
    Result<WorkloadView> view = decode_workload(*workload);
    if (!view) return tl::unexpected(view.error());
    const Result<std::vector<std::string>> pages =
        api_.get_pages("/v1/instances?workload=" + name_);
    if (!pages) return tl::unexpected(pages.error());
    Result<std::vector<InstanceView>> instances = decode_instances(*pages);
    if (!instances) return tl::unexpected(instances.error());
    workload_ = *std::move(view);
    std::erase_if(*instances, [&](const InstanceView& instance) {
      return instance.generation != generation_ || instance.desired_state == "stop";
    });
    instances_ = *std::move(instances);
    for (const InstanceView& one : instances_) {
      if (!one.last_words.empty()) last_words_[one.id] = {one.failed_container, one.last_words};
    }
    last_look_ = Clock::now();
    return {};
  }

  bool away_too_long() const { return Clock::now() - last_look_ > kManagerAwayMax; }

  /// The instances are to have this release.
  bool is_target() const { return workload_.target && workload_.target->generation == generation_; }

  /// Another release was deployed after it and failed, or its roll-out was ended.
  bool is_fallen_back_to() const {
    return workload_.generation > generation_ && workload_.phase == "failed" && is_target();
  }

  bool is_deployed() const {
    if (is_fallen_back_to()) return workload_.target->ready >= workload_.target->instances;
    return workload_.generation == generation_ && workload_.phase == "deployed";
  }

  /// Fails once waiting is pointless.
  Result<void> check() {
    if (workload_.generation > generation_ && !is_fallen_back_to()) {
      return fail(ErrorCode::kConflict,
                  fmt::format("'{}' was deployed again while this command was waiting", name_));
    }
    if (workload_.generation == generation_ && workload_.phase == "failed") {
      return tl::unexpected(failure());
    }
    if (workload_.phase == "stopped" || workload_.phase == "removing") {
      return fail(ErrorCode::kConflict,
                  fmt::format("'{}' was stopped while this command was waiting", name_));
    }
    return {};
  }

  Error failure() {
    const std::string reason = printable(workload_.reason);
    const bool is_kept = workload_.target && !is_target();
    const std::string kept =
        is_kept ? fmt::format("; release {} is kept running", workload_.target->generation) : "";
    if (workload_.image.empty()) {
      return {ErrorCode::kFailed, fmt::format("'{}' does not build: {}{}", name_, reason, kept)};
    }
    report_last_words();
    return {ErrorCode::kFailed,
            fmt::format("release {} of '{}' failed: {}{}", generation_, name_, reason,
                        is_kept ? kept
                                : fmt::format("; its instances go on trying, until: hearth stop {}",
                                              name_))};
  }

  /// Of the instance that the reason names: it may be stopped by now.
  void report_last_words() {
    for (const auto& [id, words] : reported_) {
      if (workload_.reason.find(fmt::format("'{}'", id)) == std::string::npos) continue;
      const std::vector<std::string> lines = last_lines_of(await_last_words(id));
      if (lines.empty()) return;
      progress_.on_step(fmt::format("the last words of {}:", printable(id)));
      for (const std::string& line : lines) progress_.on_step("  | " + line);
      return;
    }
  }

  /// Of the container that the reason names, which may still be being stopped: its words are then
  /// awaited. The instance may have a fresh one by then, whose words are not meant.
  std::string await_last_words(const std::string& id) {
    const std::string meant = container_in(workload_.reason);
    for (const Clock::time_point give_up = Clock::now() + kWordsComeWithin;;) {
      if (std::string words = last_words_of(id, meant); !words.empty()) return words;
      const InstanceView* instance = find(id);
      // One that has ended without a word has none.
      const bool is_over = instance == nullptr ||
                           (instance->exit_code && instance->failed_container.starts_with(meant));
      if (is_over || Clock::now() > give_up || !progress_.go_on()) return {};
      std::this_thread::sleep_for(kPollInterval);
      if (!look()) return {};
    }
  }

  /// As far as they are there. `meant`: the start of its container's id; empty: not known.
  std::string last_words_of(const std::string& id, const std::string& meant) {
    const auto exit = last_words_.find(id);
    const bool is_reported = exit != last_words_.end() && exit->second.container.starts_with(meant);
    if (is_reported) return exit->second.words;
    const auto is_present = [&] {
      const InstanceView* instance = find(id);
      return instance == nullptr || instance->container.starts_with(meant);
    };
    if (is_present()) {
      std::string words = log_end(api_, id, LogOf::kPresent);
      // It may have been replaced between the two questions.
      if (meant.empty() || (look() && is_present())) return words;
    }
    return log_end(api_, id, LogOf::kPrevious);
  }

  const InstanceView* find(const std::string& id) const {
    const auto found = std::ranges::find(instances_, id, &InstanceView::id);
    return found == instances_.end() ? nullptr : &*found;
  }

  void report_changes() {
    report_build_reason();
    std::size_t ready = 0;  // Those reported before, and then each that is reported here.
    for (const InstanceView& instance : instances_) {
      if (is_ready(instance) && is_reported(instance)) ++ready;
    }
    for (const InstanceView& instance : instances_) {
      if (is_reported(instance)) continue;
      const std::string words = in_words(instance);
      const std::string count =
          is_ready(instance) && is_target()
              ? fmt::format("; {} of {}", ++ready, workload_.target->instances)
              : "";
      progress_.on_step(
          printable(fmt::format("{} of release {} {}{}", instance.id, generation_, words, count)));
      reported_[instance.id] = words;
    }
  }

  bool is_reported(const InstanceView& instance) const {
    const auto found = reported_.find(instance.id);
    return found != reported_.end() && found->second == in_words(instance);
  }

  /// Reports why a build waits.
  void report_build_reason() {
    if (workload_.reason.empty() || workload_.reason == reported_reason_) return;
    reported_reason_ = workload_.reason;
    if (workload_.phase == "building") progress_.on_step(printable(reported_reason_));
  }

  std::string what_is_awaited() const {
    std::string words = fmt::format("release {} of '{}' is not deployed yet", generation_, name_);
    if (workload_.phase == "building") {
      words = with_reason(words + ", it is being built", printable(workload_.reason));
    } else if (is_target()) {
      words += fmt::format(": {} of {} instances are ready", workload_.target->ready,
                           workload_.target->instances);
    }
    for (const InstanceView& instance : instances_) {
      if (is_ready(instance)) continue;
      words += printable(fmt::format("; {} {}", instance.id, in_words(instance)));
    }
    return words +
           fmt::format(" (why: hearth explain workload {}; it goes on without this command)",
                       name_);
  }

  const ApiClient& api_;
  std::string name_;
  std::uint64_t generation_;
  Clock::time_point deadline_;
  const DeployProgress& progress_;

  WorkloadView workload_;
  std::vector<InstanceView> instances_;
  Clock::time_point last_look_ = Clock::now();
  std::map<std::string, std::string> reported_;      ///< By instance: all that were seen.
  std::map<std::string, ReportedWords> last_words_;  ///< By instance: of its latest exit.
  std::string reported_reason_;
};

}  // namespace

Result<FollowedRelease> follow_release(const ApiClient& api, const std::string& name,
                                       std::uint64_t generation, Duration timeout,
                                       const DeployProgress& progress) {
  ReleaseFollower follower(api, name, generation, timeout, progress);
  follower.follow_build();
  if (Result<void> deployed = follower.wait(); !deployed) return tl::unexpected(deployed.error());
  return std::move(follower).result();
}

}  // namespace hearth::cli
