#include "sim/engine.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/fnv_hash.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kKilled = 137;
constexpr int kTerminated = 143;
constexpr int kCrashed = 1;
/// How long a caller waits for an answer.
constexpr Duration kPatience = std::chrono::seconds(10);

tl::unexpected<Error> gone() {
  return fail(ErrorCode::kNotFound, "no such container");
}

Digest digest_of(std::string_view text) {
  return *Digest::parse(fmt::format("sha256:{:016x}{:048x}", fnv_hash_of(text), 0));
}

}  // namespace

void SimEngine::boot() {
  host_.after(host_.world().between(milliseconds(100), milliseconds(2000)), [this] {
    up_ = true;
    tell_watching();
    start_those_of_hands();
    logs_.changed();
  });
}

void SimEngine::die() {
  stop_hanging();
  up_ = false;
  ++starts_;
  unwatch();
  end_those_of_hands();
  for (auto& [id, container] : containers_) {
    if (container.state == ContainerState::kRunning) end(container, kKilled);
  }
}

void SimEngine::restart(Duration down_for) {
  if (!up_) return;
  stop_hanging();
  up_ = false;
  ++starts_;
  host_.world().note(name_, "the engine stops, and all containers with it");
  tell_lost("the engine's notices broke off");
  logs_.changed();
  end_those_of_hands();
  for (auto& [id, container] : containers_) {
    if (container.state == ContainerState::kRunning) end(container, kKilled);
  }
  host_.after(down_for, [this] {
    up_ = true;
    start_those_of_hands();
    host_.world().note(name_, "the engine is back");
    tell_watching();
  });
}

void SimEngine::hang() {
  if (!answers()) return;
  hangs_ = true;
  host_.world().note(name_, "the engine hangs");
  logs_.changed();
}

void SimEngine::go_on() {
  if (!hangs_) return;
  hangs_ = false;
  host_.world().note(name_, "the engine resumes");
  for (const Task& task : std::exchange(held_, {})) task();
  logs_.changed();
}

void SimEngine::stop_hanging() {
  hangs_ = false;
  held_.clear();
}

void SimEngine::watch(Watch watch) {
  watch_ = std::move(watch);
  ++watches_;
  if (up_) tell_watching();
}

SimEngine::Fate SimEngine::draw_fate() {
  if (!host_.world().chance(faults_.failure)) return Fate::kGood;
  return host_.world().chance(500) ? Fate::kFails : Fate::kFailsAfterDoing;
}

void SimEngine::run(Duration low, Duration high, const Done& done,
                    std::function<Result<void>()> effect) {
  const Fate fate = draw_fate();
  const Duration half = host_.world().between(low, high) / 2;
  host_.after(half, [this, half, fate, done, effect = std::move(effect)] {
    if (hangs_) return leave_unanswered(done, effect);
    Result<void> outcome;
    if (!up_) {
      outcome = fail(ErrorCode::kUnavailable, "the engine does not answer");
    } else if (fate == Fate::kFails) {
      outcome = fail(ErrorCode::kUnavailable, "the engine broke the connection");
    } else {
      outcome = effect();
      if (fate == Fate::kFailsAfterDoing) outcome = fail(ErrorCode::kTimeout, "no answer in time");
    }
    host_.after(half, [done, outcome] { done(outcome); });
  });
}

void SimEngine::leave_unanswered(const Done& done, const std::function<Result<void>()>& effect) {
  if (host_.world().chance(500)) held_.emplace_back([effect] { (void)effect(); });
  host_.after(kPatience, [done] { done(fail(ErrorCode::kTimeout, "no answer in time")); });
}

void SimEngine::create(const ContainerRequest& request, Completion<ContainerId> done) {
  const ContainerId id = next_id();
  const auto answer = [id, done = std::move(done)](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(id);
  };
  run(milliseconds(10), milliseconds(80), answer, [this, id, request]() -> Result<void> {
    const std::optional<Digest> archive = archive_of(request.image);
    if (!archive) return fail(ErrorCode::kNotFound, "no such image");
    Container container{.id = id,
                        .instance = request.instance,
                        .workload = request.workload,
                        .generation = request.generation,
                        .restarts = request.restarts};
    // Of others it would let the wall clock decide: nothing else says when they started.
    const bool has_program = request.spec.environment.contains(SimPrograms::kProgramKey);
    if (has_program) container.created_at = host_.wall();
    containers_.emplace(id, std::move(container));
    specs_.emplace(id, request.spec);
    image_of_.emplace(id, Image{.reference = request.image, .archive = archive});
    return {};
  });
}

void SimEngine::start(const ContainerId& container, const Done& done) {
  run(milliseconds(10), milliseconds(120), done, [this, container]() -> Result<void> {
    const auto found = containers_.find(container);
    if (found == containers_.end()) return gone();
    if (found->second.state != ContainerState::kRunning) begin(found->second);
    return {};
  });
}

void SimEngine::begin(Container& container) {
  container.state = ContainerState::kRunning;
  container.exit.reset();
  addresses_.insert_or_assign(container.id, ++starts_of_containers_);
  host_.world().note(name_, fmt::format("container {} of '{}' runs", container.id.str(),
                                        container.instance.str()));
  tell_about(container, ContainerNotice::Kind::kStarted);
  logs_.changed();
  programs_.start(container.id, specs_.at(container.id));
  if (broken_.contains(container.workload)) crash_soon(container.id);
}

void SimEngine::stop(const ContainerId& container, Duration grace, const Done& done) {
  const Duration high = std::min<Duration>(grace, milliseconds(400));
  run(milliseconds(10), high, done, [this, container]() -> Result<void> {
    const auto found = containers_.find(container);
    if (found == containers_.end()) return {};
    if (found->second.state == ContainerState::kRunning) end(found->second, kTerminated);
    return {};
  });
}

void SimEngine::remove(const ContainerId& container, const Done& done) {
  run(milliseconds(10), milliseconds(100), done, [this, container]() -> Result<void> {
    if (containers_.contains(container)) erase(container);
    return {};
  });
}

void SimEngine::erase(const ContainerId& container) {
  Container& erased = containers_.at(container);
  if (erased.state == ContainerState::kRunning) end(erased, kKilled);
  tell_about(erased, ContainerNotice::Kind::kRemoved);
  if (erased.adopted) book_.erase(erased.instance);
  hand_made_.erase(container);
  image_of_.erase(container);
  specs_.erase(container);
  addresses_.erase(container);
  containers_.erase(container);
  logs_.remove(container);
  logs_.changed();
}

template <class T>
void SimEngine::ask(const Completion<T>& done, std::function<Result<T>()> look) {
  const auto found = std::make_shared<std::optional<T>>();
  const auto answer = [found, done](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(**found);
  };
  run(milliseconds(2), milliseconds(60), answer, [found, look = std::move(look)]() -> Result<void> {
    Result<T> seen = look();
    if (!seen) return tl::unexpected(seen.error());
    *found = *std::move(seen);
    return {};
  });
}

Result<void> SimEngine::must_run(const ContainerId& container) const {
  const auto found = containers_.find(container);
  if (found == containers_.end()) return gone();
  if (found->second.state != ContainerState::kRunning) {
    return fail(ErrorCode::kConflict, "the container does not run");
  }
  if (found->second.paused) return fail(ErrorCode::kConflict, "the container is paused");
  return {};
}

void SimEngine::exec(const ExecRequest& request, const Completion<ExecResult>& done) {
  ask<ExecResult>(done, [this, container = request.container]() -> Result<ExecResult> {
    if (auto runs = must_run(container); !runs) return tl::unexpected(runs.error());
    return ExecResult{};
  });
}

void SimEngine::inspect(const ContainerId& container, const Completion<ContainerDetails>& done) {
  ask<ContainerDetails>(done, [this, container]() -> Result<ContainerDetails> {
    const auto found = containers_.find(container);
    if (found == containers_.end()) return gone();
    ContainerDetails details;
    details.name = found->second.instance.str();
    details.state = found->second.state;
    details.paused = found->second.paused;
    details.address = address_of(container);
    details.health = programs_.health(container);
    details.exit = found->second.exit;
    return details;
  });
}

void SimEngine::usage(const ContainerId& container, const Completion<ContainerUsage>& done) {
  ask<ContainerUsage>(done, [this, container]() -> Result<ContainerUsage> {
    if (auto runs = must_run(container); !runs) return tl::unexpected(runs.error());
    return programs_.usage(container);
  });
}

void SimEngine::take_inventory(Completion<Inventory> done) {
  const auto inventory = std::make_shared<Inventory>();
  const auto answer = [inventory, done = std::move(done)](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(*inventory);
  };
  run(milliseconds(2), milliseconds(60), answer, [this, inventory]() -> Result<void> {
    for (const auto& [id, container] : containers_) inventory->containers.push_back(container);
    for (const auto& [reference, archive] : images_) inventory->images.push_back(reference);
    return {};
  });
}

void SimEngine::load(const std::string& reference, const Digest& archive, const Done& done) {
  run(milliseconds(25), milliseconds(750), done, [this, reference, archive]() -> Result<void> {
    images_.insert_or_assign(reference, archive);
    return {};
  });
}

void SimEngine::remove_image(const std::string& reference, const Done& done) {
  run(milliseconds(10), milliseconds(100), done, [this, reference]() -> Result<void> {
    images_.erase(reference);
    return {};
  });
}

/// Ends once: on its own, or when it is broken off.
SimEngine::Done SimEngine::breakable(const std::string& reference, Done done) {
  const auto answer = std::make_shared<Done>(std::move(done));
  under_way_.insert_or_assign(reference, answer);
  return [this, answer, reference](const Result<void>& outcome) {
    const auto found = under_way_.find(reference);
    if (found != under_way_.end() && found->second == answer) under_way_.erase(found);
    if (const Done end = std::exchange(*answer, nullptr)) end(outcome);
  };
}

/// The image exists before that is reported: a machine that dies in between keeps it.
void SimEngine::build(const Digest& bundle, const std::string& reference, ChunkSink log,
                      Done done) {
  run(milliseconds(500), milliseconds(4000), breakable(reference, std::move(done)),
      [this, bundle, reference, log = std::move(log)]() -> Result<void> {
        if (is_broken_off(reference) || !log("Step 3/4 : RUN make")) {
          return fail(ErrorCode::kFailed, "the build was broken off");
        }
        if (content_.bad_bundles.contains(bundle)) {
          return fail(ErrorCode::kFailed, "step 3/4 of the Dockerfile ended with exit code 1");
        }
        images_.insert_or_assign(reference, make_archive(bundle, reference));
        return {};
      });
}

void SimEngine::save(const std::string& reference, Completion<Digest> done) {
  const auto saved = std::make_shared<std::optional<Digest>>();
  const auto answer = [saved, done = std::move(done)](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(**saved);
  };
  run(milliseconds(50), milliseconds(400), breakable(reference, answer),
      [this, saved, reference]() -> Result<void> {
        *saved = archive_of(reference);
        if (!*saved) return fail(ErrorCode::kNotFound, "no such image");
        return {};
      });
}

void SimEngine::cancel_build(const std::string& reference) {
  const auto found = under_way_.find(reference);
  if (found == under_way_.end()) return;
  host_.after(host_.world().between(milliseconds(1), milliseconds(100)), [answer = found->second] {
    const Done end = std::exchange(*answer, nullptr);
    if (end) end(fail(ErrorCode::kUnavailable, "broken off"));
  });
  under_way_.erase(found);
}

/// The same bits as long as the cache of an earlier build exists.
Digest SimEngine::make_archive(const Digest& bundle, const std::string& reference) {
  const std::uint64_t build = kept_builds_.try_emplace(bundle, builds_ + 1).first->second;
  builds_ = std::max(builds_, build);
  return digest_of(fmt::format("{}@{}#{} as {}", bundle.str(), name_, build, reference));
}

std::optional<Digest> SimEngine::archive_of(const std::string& reference) const {
  const auto found = images_.find(reference);
  return found == images_.end() ? std::nullopt : std::optional(found->second);
}

void SimEngine::crash(const ContainerId& container) {
  const auto found = containers_.find(container);
  if (found == containers_.end() || found->second.state != ContainerState::kRunning) return;
  host_.world().note(name_, fmt::format("container {} of '{}' crashes", container.str(),
                                        found->second.instance.str()));
  crashed_.insert(found->second.instance);
  end(found->second, kCrashed);
}

void SimEngine::break_workload(const WorkloadName& workload) {
  host_.world().note(name_, fmt::format("the programs of '{}' crash from now on", workload.str()));
  broken_.insert(workload);
  for (const auto& [id, container] : containers_) {
    if (container.workload != workload) continue;
    crashed_.insert(container.instance);
    if (container.state == ContainerState::kRunning) crash_soon(id);
  }
}

/// Unless it ends before, or its workload is mended.
void SimEngine::crash_soon(const ContainerId& container) {
  host_.after(host_.world().between(milliseconds(50), milliseconds(1500)),
              [this, container, run = addresses_.at(container)] {
                const auto found = containers_.find(container);
                if (found == containers_.end() || addresses_.at(container) != run) return;
                if (!broken_.contains(found->second.workload)) return;
                programs_.blame(container);
                crash(container);
              });
}

void SimEngine::complete(const ContainerId& container) {
  const auto found = containers_.find(container);
  if (found == containers_.end() || found->second.state != ContainerState::kRunning) return;
  host_.world().note(name_, fmt::format("container {} of '{}' completes", container.str(),
                                        found->second.instance.str()));
  end(found->second, 0);
}

std::size_t SimEngine::running(const InstanceId& instance) const {
  return static_cast<std::size_t>(
      std::count_if(containers_.begin(), containers_.end(), [&](const auto& entry) {
        return entry.second.instance == instance && entry.second.state == ContainerState::kRunning;
      }));
}

void SimEngine::sicken(const ContainerId& container, Illness illness) {
  const auto found = containers_.find(container);
  if (found == containers_.end() || found->second.state != ContainerState::kRunning) return;
  host_.world().note(name_, fmt::format("container {} of '{}' {}", container.str(),
                                        found->second.instance.str(), name_of(illness)));
  crashed_.insert(found->second.instance);
  programs_.sicken(container, illness);
}

void SimEngine::cure_all() {
  for (auto& [id, container] : containers_) {
    if (container.paused) unpause(id);
  }
  programs_.cure_all();
  broken_.clear();
  logs_.set_readable(true);
}

ProbeOutcome SimEngine::answer(const ContainerId& container, const std::string& address) const {
  const bool is_command = address.empty();
  if (is_command && !answers()) return ProbeOutcome::kNotRun;
  const auto found = containers_.find(container);
  if (found == containers_.end() || found->second.state != ContainerState::kRunning) {
    return is_command ? ProbeOutcome::kNotRun : ProbeOutcome::kTimedOut;
  }
  // Nobody has the address of an earlier run.
  if (!is_command && address != address_of(container)) return ProbeOutcome::kTimedOut;
  return programs_.answer(container);
}

/// Empty: it does not run.
std::string SimEngine::address_of(const ContainerId& container) const {
  const auto found = containers_.find(container);
  if (found == containers_.end() || found->second.state != ContainerState::kRunning) return {};
  const std::uint64_t number = addresses_.at(container);
  return fmt::format("172.20.{}.{}", number / 250 % 250, 2 + number % 250);
}

void SimEngine::on_program_exit(const ContainerId& container, int code) {
  host_.world().note(name_, fmt::format("container {} ends with {}", container.str(), code));
  end(containers_.at(container), code);
}

void SimEngine::end(Container& container, int code) {
  programs_.end(container.id);
  container.paused = false;
  container.state = ContainerState::kExited;
  container.exit =
      ContainerExit{.code = code, .out_of_memory = OutOfMemory::kNo, .at = host_.wall()};
  tell_about(container, ContainerNotice::Kind::kExited);
  logs_.changed();
}

/// Of those that are none of Hearth's, nobody is given notice.
void SimEngine::tell_about(const Container& container, ContainerNotice::Kind kind) {
  if (!containers_.contains(container.id)) return;
  tell({.kind = kind,
        .container = container.id,
        .instance = container.instance,
        .exit = container.exit,
        .health = programs_.health(container.id),
        .name = container.instance.str()});
}

SimLogs::Standing SimEngine::standing_of(const ContainerId& container) const {
  if (!answers()) return SimLogs::Standing::kUnreachable;
  const auto found = containers_.find(container);
  if (found == containers_.end()) return SimLogs::Standing::kGone;
  return found->second.state == ContainerState::kRunning ? SimLogs::Standing::kRunning
                                                         : SimLogs::Standing::kStopped;
}

void SimEngine::tell(ContainerNotice notice) {
  if (!up_) return;
  notify_later(false,
               [notice = std::move(notice)](const Watch& watch) { watch.on_notice(notice); });
}

void SimEngine::tell_watching() {
  notify_later(false, [](const Watch& watch) { watch.on_watching(); });
}

void SimEngine::tell_lost(const std::string& why) {
  notify_later(true, [why](const Watch& watch) { watch.on_lost({ErrorCode::kUnavailable, why}); });
}

/// In order, a little later; notices are not kept for later watches.
void SimEngine::notify_later(bool of_any_start, std::function<void(const Watch&)> how) {
  if (!watch_) return;
  World& world = host_.world();
  last_notice_ =
      std::max(last_notice_, world.now() + world.between(milliseconds(1), milliseconds(20)));
  host_.after(last_notice_ - world.now(),
              [this, of_any_start, start = starts_, watch = watches_, how = std::move(how)] {
                if (watch == watches_) deliver(of_any_start, start, how);
              });
}

void SimEngine::deliver(bool of_any_start, std::uint64_t start,
                        const std::function<void(const Watch&)>& how) {
  if (hangs_) {
    held_.emplace_back([this, of_any_start, start, how] { deliver(of_any_start, start, how); });
  } else if (watch_ && (of_any_start || start == starts_)) {
    how(*watch_);
  }
}

ContainerId SimEngine::next_id() {
  return ContainerId{fmt::format("{}c{}", name_, ++made_)};
}

}  // namespace hearth::sim
