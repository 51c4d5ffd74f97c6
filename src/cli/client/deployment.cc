#include "cli/client/deployment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "adapters/bundle/bundle.h"
#include "adapters/file/file.h"
#include "cli/terminal/terminal.h"
#include "wire/workload_document.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kPollInterval = milliseconds(200);
/// Longer than the first restart of a program that exits at once.
constexpr auto kSteadyFor = seconds(1);
/// Covers a restart of the manager while we wait.
constexpr auto kManagerAwayMax = seconds(15);
/// How long the log may still arrive after the build has ended.
constexpr auto kLogEndsWithin = seconds(3);

/// A file without a name: it disappears with the process, however that ends. Opened by its
/// descriptor's path.
class NamelessFile {
 public:
  static Result<NamelessFile> make() {
    std::error_code ec;
    const fs::path folder = fs::temp_directory_path(ec);
    std::string name = (folder / "hearth-bundle-XXXXXX").string();
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) {
      return tl::unexpected(file_error("cannot make a temporary file in", folder, errno));
    }
    ::unlink(name.c_str());
    return NamelessFile(folder, descriptor);
  }
  NamelessFile(NamelessFile&& other) noexcept
      : folder_(std::move(other.folder_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  NamelessFile& operator=(NamelessFile&&) = delete;
  ~NamelessFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  fs::path path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }
  /// Replaces the descriptor's path, which means nothing to the user, in the message.
  Error in_words(Error error) const {
    const std::string path = this->path().string();
    if (const std::size_t at = error.message.find(path); at != std::string::npos) {
      error.message.replace(at, path.size(), (folder_ / "(temporary file)").string());
    }
    return error;
  }

 private:
  NamelessFile(fs::path folder, int descriptor)
      : folder_(std::move(folder)), descriptor_(descriptor) {}

  fs::path folder_;
  int descriptor_;
};

Result<Bundle> hand_over_bundle(const ApiClient& api, const fs::path& folder,
                                const DeployProgress& progress) {
  const Result<NamelessFile> file = NamelessFile::make();
  if (!file) return tl::unexpected(of_this_machine(file.error()));
  Result<Bundle> bundle = pack_bundle(folder, file->path());
  if (!bundle) return tl::unexpected(of_this_machine(file->in_words(std::move(bundle.error()))));
  const std::string what =
      fmt::format("packed {}: {}, {}, {}", folder.string(), show_count(bundle->files, "file"),
                  show_bytes(bundle->bytes), bundle->digest.short_hex());
  const Result<bool> known = api.has_content(bundle->digest);
  if (!known) return tl::unexpected(known.error());
  if (*known) {
    progress.on_step(what + "; the manager has it already");
    return bundle;
  }
  progress.on_step(what);
  if (Result<void> sent = api.put_content(bundle->digest, file->path()); !sent) {
    return tl::unexpected(file->in_words(std::move(sent.error())));
  }
  return bundle;
}

std::string place_of(const InstanceView& instance) {
  return instance.node.empty() ? instance.id : instance.id + " on " + instance.node;
}

std::string in_words(const InstanceView& instance) {
  std::string words = place_of(instance) + ": " + instance.state;
  return instance.reason.empty() ? words : words + " (" + instance.reason + ")";
}

/// Follows one generation of a workload by polling the manager.
class Follower {
 public:
  Follower(const ApiClient& api, std::string name, std::uint64_t generation, Duration timeout,
           const DeployProgress& progress)
      : api_(api),
        name_(std::move(name)),
        generation_(generation),
        deadline_(Clock::now() + timeout),
        progress_(progress) {}

  /// Passes on the build's output until it ends; wait_until_running() reports the result.
  void follow_build() {
    std::optional<Clock::time_point> over_since;
    const auto go_on = [&] {
      if (!progress_.go_on()) return false;
      if (!look()) return Clock::now() < deadline_;
      tell_reason();
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

  Result<void> wait_until_running() {
    for (;;) {
      Result<void> looked = look();
      if (!looked) {
        if (looked.error().code != ErrorCode::kUnavailable || away_too_long()) return looked;
      } else {
        if (Result<void> doomed = check(); !doomed) return doomed;
        if (settled()) return {};
        tell_changes();
      }
      if (!progress_.go_on()) return fail(ErrorCode::kFailed, "interrupted");
      if (Clock::now() > deadline_) return fail(ErrorCode::kTimeout, what_is_awaited());
      std::this_thread::sleep_for(kPollInterval);
    }
  }

  const WorkloadView& workload() const { return workload_; }
  std::vector<InstanceView> instances() const { return instances_; }

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
    last_look_ = Clock::now();
    return {};
  }

  bool away_too_long() const { return Clock::now() - last_look_ > kManagerAwayMax; }

  /// Fails once waiting is pointless.
  Result<void> check() const {
    if (workload_.generation > generation_) {
      return fail(ErrorCode::kConflict,
                  fmt::format("'{}' was deployed again while this command was waiting", name_));
    }
    if (workload_.phase == "failed") {
      return fail(ErrorCode::kFailed,
                  fmt::format("'{}' does not build: {}", name_, printable(workload_.reason)));
    }
    if (workload_.phase == "stopped" || workload_.phase == "removing") {
      return fail(ErrorCode::kConflict,
                  fmt::format("'{}' was stopped while this command was waiting", name_));
    }
    for (const InstanceView& instance : instances_) {
      if (instance.state != "crash_loop") continue;
      if (!instance.exit_code && !instance.reason.empty()) {
        return fail(ErrorCode::kFailed, fmt::format("{} does not start: {}", place_of(instance),
                                                    printable(instance.reason)));
      }
      const std::string code =
          instance.exit_code ? fmt::format(" (exit code {})", *instance.exit_code) : "";
      return fail(ErrorCode::kFailed,
                  fmt::format("{} keeps exiting{}; see its output: hearth logs {}",
                              place_of(instance), code, instance.id));
    }
    return {};
  }

  bool settled() {
    std::map<std::string, std::string> running;
    for (const InstanceView& instance : instances_) {
      if (instance.state == "running") running.emplace(instance.id, instance.container);
    }
    if (workload_.phase != "deployed" || running.size() < workload_.instances ||
        running != running_) {
      running_ = std::move(running);
      steady_since_ = Clock::now();
      return workload_.phase == "deployed" && workload_.instances == 0;
    }
    return Clock::now() - steady_since_ >= kSteadyFor;
  }

  void tell_changes() {
    tell_reason();
    for (const InstanceView& instance : instances_) {
      std::string words = in_words(instance);
      std::string& reported = reported_[instance.id];
      if (reported == words) continue;
      progress_.on_step(printable(words));
      reported = std::move(words);
    }
  }

  /// Reports why a build waits.
  void tell_reason() {
    if (workload_.reason.empty() || workload_.reason == reported_reason_) return;
    reported_reason_ = workload_.reason;
    if (workload_.phase == "building") progress_.on_step(printable(reported_reason_));
  }

  std::string what_is_awaited() const {
    std::string words = fmt::format("'{}' does not run yet: {} of {} instances run, it is {}",
                                    name_, running_.size(), workload_.instances, workload_.phase);
    if (!workload_.reason.empty()) words += ": " + printable(workload_.reason);
    for (const InstanceView& instance : instances_) {
      if (instance.state != "running") words += "; " + printable(in_words(instance));
    }
    return words + fmt::format(" (why: hearth explain workload {})", name_);
  }

  const ApiClient& api_;
  std::string name_;
  std::uint64_t generation_;
  Clock::time_point deadline_;
  const DeployProgress& progress_;

  WorkloadView workload_;
  std::vector<InstanceView> instances_;
  Clock::time_point last_look_ = Clock::now();
  std::map<std::string, std::string> running_;  ///< Instance → container, as last seen.
  Clock::time_point steady_since_;              ///< Since when `running_` is the same.
  std::map<std::string, std::string> reported_;
  std::string reported_reason_;
};

}  // namespace

Result<Deployed> deploy(const ApiClient& api, const DeployOrder& order, DeployWait wait,
                        Duration timeout, const DeployProgress& progress) {
  const Result<Bundle> bundle = hand_over_bundle(api, order.folder, progress);
  if (!bundle) return tl::unexpected(bundle.error());
  const std::string& name = order.workload.name.str();
  const Result<std::string> taken =
      api.send(HttpMethod::kPut, "/v1/workloads/" + name,
               encode_workload(order.workload.with_bundle(bundle->digest)));
  if (!taken) return tl::unexpected(taken.error());
  const Result<std::uint64_t> generation = decode_generation(*taken);
  if (!generation) return tl::unexpected(generation.error());
  Deployed deployed{
      .generation = *generation, .bundle = bundle->digest, .workload = {}, .instances = {}};
  if (wait == DeployWait::kNot) return deployed;

  Follower follower(api, name, *generation, timeout, progress);
  follower.follow_build();
  if (Result<void> running = follower.wait_until_running(); !running) {
    return tl::unexpected(running.error());
  }
  deployed.workload = follower.workload();
  deployed.instances = follower.instances();
  return deployed;
}

}  // namespace hearth::cli
