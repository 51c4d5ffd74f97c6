#include "sim/engine.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kKilled = 137;
constexpr int kTerminated = 143;
constexpr int kCrashed = 1;
/// How long an answer is waited for.
constexpr Duration kPatience = std::chrono::seconds(10);

tl::unexpected<Error> gone() {
  return fail(ErrorCode::kNotFound, "no such container");
}

Digest digest_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a.
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return *Digest::parse(fmt::format("sha256:{:016x}{:048x}", hash, 0));
}

}  // namespace

void SimEngine::boot() {
  host_.after(host_.world().between(milliseconds(100), milliseconds(2000)), [this] {
    up_ = true;
    if (notice_) tell(core::EngineFound{});
  });
}

void SimEngine::die() {
  stop_hanging();
  up_ = false;
  ++life_;
  notice_ = nullptr;
  for (auto& [id, container] : containers_) {
    if (container.state == ContainerState::kRunning) end(container, kKilled);
  }
}

void SimEngine::restart(Duration down_for) {
  if (!up_) return;
  stop_hanging();
  up_ = false;
  ++life_;
  host_.world().note(name_, "the engine stops, and all containers with it");
  if (notice_) tell(core::EngineLost{"the engine's notices broke off"});
  for (auto& [id, container] : containers_) {
    if (container.state == ContainerState::kRunning) end(container, kKilled);
  }
  host_.after(down_for, [this] {
    up_ = true;
    host_.world().note(name_, "the engine is back");
    if (notice_) tell(core::EngineFound{});
  });
}

void SimEngine::hang() {
  if (!answers()) return;
  hangs_ = true;
  host_.world().note(name_, "the engine hangs");
}

void SimEngine::go_on() {
  if (!hangs_) return;
  hangs_ = false;
  host_.world().note(name_, "the engine goes on");
  for (const Task& task : std::exchange(held_, {})) task();
}

void SimEngine::stop_hanging() {
  hangs_ = false;
  held_.clear();
}

void SimEngine::watch(Notice notice) {
  notice_ = std::move(notice);
  if (up_) tell(core::EngineFound{});
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

void SimEngine::create(const AssignedInstance& instance, std::uint32_t restarts, Created done) {
  const ContainerId id = next_id();
  const auto answer = [id, done = std::move(done)](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(id);
  };
  run(milliseconds(10), milliseconds(80), answer, [this, id, instance, restarts]() -> Result<void> {
    const std::optional<Digest> bits = bits_of(instance.image.reference);
    if (!bits) return fail(ErrorCode::kNotFound, "no such image");
    containers_.emplace(id, Container{.id = id,
                                      .instance = instance.id,
                                      .workload = instance.workload,
                                      .generation = instance.generation,
                                      .restarts = restarts});
    image_of_.emplace(id, Image{.reference = instance.image.reference, .archive = bits});
    return {};
  });
}

void SimEngine::start(const ContainerId& container, const Done& done) {
  run(milliseconds(10), milliseconds(120), done, [this, container]() -> Result<void> {
    const auto found = containers_.find(container);
    if (found == containers_.end()) return gone();
    if (found->second.state == ContainerState::kRunning) return {};
    found->second.state = ContainerState::kRunning;
    found->second.exit.reset();
    host_.world().note(name_, fmt::format("container {} of '{}' runs", container.str(),
                                          found->second.instance.str()));
    tell(core::ContainerStarted{container, found->second.instance});
    return {};
  });
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
    const auto found = containers_.find(container);
    if (found == containers_.end()) return {};
    if (found->second.state == ContainerState::kRunning) end(found->second, kKilled);
    tell(core::ContainerRemoved{container, found->second.instance});
    image_of_.erase(container);
    containers_.erase(found);
    return {};
  });
}

void SimEngine::take_inventory(std::function<void(Result<Inventory>)> done) {
  const auto inventory = std::make_shared<Inventory>();
  const auto answer = [inventory, done = std::move(done)](const Result<void>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    done(*inventory);
  };
  run(milliseconds(2), milliseconds(60), answer, [this, inventory]() -> Result<void> {
    for (const auto& [id, container] : containers_) inventory->containers.push_back(container);
    for (const auto& [reference, bits] : images_) inventory->images.push_back(reference);
    return {};
  });
}

void SimEngine::fetch(const Image& image, const std::function<bool()>& reachable,
                      const Done& done) {
  run(milliseconds(50), milliseconds(1500), done, [this, image, reachable]() -> Result<void> {
    if (!reachable()) return fail(ErrorCode::kUnavailable, "the manager does not answer");
    if (!image.archive || !content_.archives.contains(*image.archive)) {
      return fail(ErrorCode::kNotFound, "the content store has no such image");
    }
    images_.insert_or_assign(image.reference, *image.archive);
    return {};
  });
}

/// The image is there before it is handed over: a machine that dies in between keeps it.
void SimEngine::build(const BuildOrder& order, const std::function<bool()>& reachable, Built done) {
  const auto told = std::make_shared<Built>(std::move(done));
  building_[order.reference] = told;
  const auto tell_end = [told](const Result<Digest>& outcome) {
    if (const Built end = std::exchange(*told, nullptr)) end(outcome);
  };
  const auto bits = std::make_shared<std::optional<Digest>>();
  const auto upload = [this, bits, reachable, told, tell_end](const Result<void>& built) {
    if (!built) return tell_end(tl::unexpected(built.error()));
    const auto answer = [bits, tell_end](const Result<void>& outcome) {
      if (!outcome) return tell_end(tl::unexpected(outcome.error()));
      tell_end(**bits);
    };
    run(milliseconds(50), milliseconds(800), answer,
        [this, bits, reachable, told]() -> Result<void> {
          if (!*told) return fail(ErrorCode::kFailed, "the build was cancelled");
          if (!reachable()) return fail(ErrorCode::kUnavailable, "the manager does not answer");
          content_.archives.insert(**bits);
          return {};
        });
  };
  run(milliseconds(500), milliseconds(4000), upload,
      [this, order, bits, reachable, told]() -> Result<void> {
        if (!*told) return fail(ErrorCode::kFailed, "the build was cancelled");
        if (!reachable()) return fail(ErrorCode::kUnavailable, "the manager does not answer");
        if (content_.bad_bundles.contains(order.bundle)) {
          return fail(ErrorCode::kFailed, "step 3/4 of the Dockerfile ended with exit code 1");
        }
        *bits = make_bits(order.bundle);
        images_.insert_or_assign(order.reference, **bits);
        return {};
      });
}

void SimEngine::cancel_build(const std::string& reference) {
  const auto found = building_.find(reference);
  if (found == building_.end()) return;
  host_.after(host_.world().between(milliseconds(1), milliseconds(100)), [told = found->second] {
    const Built tell_end = std::exchange(*told, nullptr);
    if (tell_end) tell_end(fail(ErrorCode::kFailed, "the build was cancelled"));
  });
  building_.erase(found);
}

Digest SimEngine::make_bits(const Digest& bundle) {
  const auto kept = kept_builds_.find(bundle);
  if (kept != kept_builds_.end()) return kept->second;
  const Digest bits = digest_of(fmt::format("{}@{}#{}", bundle.str(), name_, ++builds_));
  kept_builds_.emplace(bundle, bits);
  return bits;
}

std::optional<Digest> SimEngine::bits_of(const std::string& reference) const {
  const auto found = images_.find(reference);
  return found == images_.end() ? std::nullopt : std::optional(found->second);
}

void SimEngine::crash(const ContainerId& container) {
  const auto found = containers_.find(container);
  if (found == containers_.end() || found->second.state != ContainerState::kRunning) return;
  host_.world().note(name_, fmt::format("container {} of '{}' crashes", container.str(),
                                        found->second.instance.str()));
  end(found->second, kCrashed);
}

std::size_t SimEngine::running(const InstanceId& instance) const {
  return static_cast<std::size_t>(
      std::count_if(containers_.begin(), containers_.end(), [&](const auto& entry) {
        return entry.second.instance == instance && entry.second.state == ContainerState::kRunning;
      }));
}

void SimEngine::end(Container& container, int code) {
  container.state = ContainerState::kExited;
  container.exit = ContainerExit{.code = code, .at = host_.wall()};
  tell(core::ContainerExited{container.id, container.instance, *container.exit});
}

/// In order, a little later; nobody keeps a notice for a watch that comes afterwards.
void SimEngine::tell(core::AgentEvent event) {
  if (!notice_) return;
  World& world = host_.world();
  const bool broken = std::holds_alternative<core::EngineLost>(event);
  if (!up_ && !broken) return;
  last_notice_ =
      std::max(last_notice_, world.now() + world.between(milliseconds(1), milliseconds(20)));
  host_.after(last_notice_ - world.now(), [this, life = life_, broken, event = std::move(event)] {
    deliver(broken, life, event);
  });
}

void SimEngine::deliver(bool broken, std::uint64_t life, const core::AgentEvent& event) {
  if (hangs_) {
    held_.emplace_back([this, broken, life, event] { deliver(broken, life, event); });
  } else if (notice_ && (broken || life == life_)) {
    notice_(event);
  }
}

ContainerId SimEngine::next_id() {
  return ContainerId{fmt::format("{}c{}", name_, ++made_)};
}

}  // namespace hearth::sim
