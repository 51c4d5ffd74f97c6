#include "adapters/docker/container_adopter.h"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <utility>

#include "adapters/docker/container_codec.h"
#include "adapters/docker/container_target.h"
#include "adapters/docker/engine_codec.h"
#include "adapters/file/file.h"
#include "wire/percent_coding.h"

namespace hearth::docker {
namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kCreated = 201;
constexpr unsigned kMissing = 404;
constexpr std::size_t kShortId = 12;
constexpr std::size_t kMountsBytesMax = 1024 * 1024;
/// For the old container, if somebody started it while a fresh one was made.
constexpr Duration kStopGrace = std::chrono::seconds(10);
/// How often a verb looks whether the verb or listing before it has ended.
constexpr Duration kTurnLook = std::chrono::milliseconds(10);

std::string target_of(const std::string& container, std::string_view verb) {
  return fmt::format("/containers/{}{}", percent_encode(container), verb);
}

std::string words(std::string_view verb, const std::string& container) {
  return fmt::format("{} container '{}'", verb, container);
}

bool is_missing(const Error& error) {
  return error.code == ErrorCode::kNotFound;
}

/// A name that no other container has.
std::string next_name(const std::string& name) {
  return fmt::format("{}.next.{:08x}", name, std::random_device()());
}

std::string old_name(const std::string& name, const ContainerId& old) {
  return fmt::format("{}.old.{}", name, old.str().substr(0, kShortId));
}

tl::unexpected<Error> refused_adoption(const std::string& name, const std::string& why) {
  return fail(ErrorCode::kConflict, fmt::format("container '{}' cannot be adopted: {}", name, why));
}

}  // namespace

/// While it lives, nothing else is done to the instance's containers: it begins once that is so.
class ContainerAdopter::Busy {
 public:
  Busy(ContainerAdopter& adopter, InstanceId instance, Coroutine& coroutine)
      : busy_(adopter.busy_), instance_(std::move(instance)) {
    while (busy_.contains(instance_)) Sleeper(adopter.loop_).sleep(kTurnLook, coroutine);
    busy_.insert(instance_);
  }
  ~Busy() { busy_.erase(instance_); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::set<InstanceId>& busy_;
  const InstanceId instance_;
};

// Requests. ---------------------------------------------------------------------------------------

Result<EngineAnswer> ContainerAdopter::ask(std::string_view method, std::string target,
                                           std::string body, const std::string& doing,
                                           Coroutine& coroutine) {
  const bool changes = method != "GET";
  return client_.ask({.method = method,
                      .target = std::move(target),
                      .body = std::move(body),
                      .doing = doing,
                      .patience = http::CallTimes::of(changes ? config_.timeouts.change
                                                              : config_.timeouts.inspection)},
                     coroutine);
}

Result<void> ContainerAdopter::change(std::string target, std::string body,
                                      const std::string& doing, Coroutine& coroutine) {
  const auto answer = ask("POST", std::move(target), std::move(body), doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status < 300) return {};
  return tl::unexpected(refusal(answer->status, answer->body, doing));
}

Result<std::string> ContainerAdopter::inspect(const std::string& container, Coroutine& coroutine) {
  const std::string doing = words("inspect", container);
  const auto answer = ask("GET", target_of(container, "/json"), {}, doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kOk) return answer->body;
  return tl::unexpected(refusal(answer->status, answer->body, doing));
}

Result<ForeignContainer> ContainerAdopter::look_at(const std::string& container,
                                                   Coroutine& coroutine) {
  const auto answer = inspect(container, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  return decode_foreign(*answer);
}

Result<void> ContainerAdopter::set_policy(const ContainerId& container, std::string_view policy,
                                          Coroutine& coroutine) {
  return change(container_target(container, "/update"), encode_restart_policy(policy),
                container_words("set the restart policy of", container), coroutine);
}

Result<void> ContainerAdopter::rename(const ContainerId& container, const std::string& name,
                                      Coroutine& coroutine) {
  return change(container_target(container, "/rename?name=" + percent_encode(name)), {},
                container_words("rename", container), coroutine);
}

/// Kills it if it runs, and leaves its volumes.
Result<void> ContainerAdopter::discard(const std::string& container, Coroutine& coroutine) {
  const std::string doing = words("remove", container);
  const auto answer = ask("DELETE", target_of(container, "?force=1"), {}, doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status < 300 || answer->status == kMissing) return {};
  return tl::unexpected(refusal(answer->status, answer->body, doing));
}

// Adopt. ------------------------------------------------------------------------------------------

Container ContainerAdopter::seen(const InstanceId& instance, const Adoption& adoption,
                                 const ForeignContainer& container) {
  Container one{.id = container.id,
                .instance = instance,
                .workload = adoption.workload,
                .generation = adoption.generation,
                .restarts = adoption.restarts,
                .state = container.state,
                .created_at = container.runs_since,
                .exit = container.exit,
                .paused = container.paused,
                .adopted = true};
  last_seen_.insert_or_assign(instance, one);
  return one;
}

/// Whether this process runs in the container: the engine mounts files of the container's own
/// folder into it.
bool ContainerAdopter::is_own(const ContainerId& container, Coroutine& coroutine) {
  const auto mounts = worker_.run(
      [path = config_.proc_root / "self/mountinfo"] { return read_file(path, kMountsBytesMax); },
      coroutine);
  return mounts && mounts->has_value() &&
         (*mounts)->find("/containers/" + container.str() + "/") != std::string::npos;
}

Result<void> ContainerAdopter::check(const ForeignContainer& found, const AdoptRequest& request,
                                     Coroutine& coroutine) {
  if (!found.objection.empty()) return refused_adoption(request.name, found.objection);
  if (is_own(found.id, coroutine)) return refused_adoption(request.name, "this agent runs in it");
  const std::optional<InstanceId> owner = book_.instance_of(found.id);
  const std::optional<Adoption> other = owner ? book_.find(*owner) : std::nullopt;
  if (!other) return {};
  const bool may_pass_on = other->workload == request.workload && other->container == found.id &&
                           other->old.empty() && other->next.empty() && !busy_.contains(*owner);
  if (may_pass_on) return {};
  return refused_adoption(request.name, "it is adopted already, as '" + owner->str() + "'");
}

/// The container that the instance has adopted before, if that exists.
Result<std::optional<Container>> ContainerAdopter::find_adopted(const AdoptRequest& request,
                                                                Coroutine& coroutine) {
  const std::optional<Adoption> known = book_.find(request.instance);
  if (!known) return std::nullopt;
  const auto found = look_at(known->container.str(), coroutine);
  if (!found && !is_missing(found.error())) return tl::unexpected(found.error());
  if (!found) {
    if (auto noted = note_gone(request.instance, *known, coroutine); !noted)
      return tl::unexpected(noted.error());
    return find_adopted(request, coroutine);
  }
  if (auto set = set_policy(found->id, kNoRestart, coroutine); !set)
    return tl::unexpected(set.error());
  return seen(request.instance, *known, *found);
}

Result<Container> ContainerAdopter::adopt(const AdoptRequest& request, Coroutine& coroutine) {
  if (!book_.readable()) return tl::unexpected(book_.readable().error());
  const Busy busy(*this, request.instance, coroutine);
  const auto known = find_adopted(request, coroutine);
  if (!known) return tl::unexpected(known.error());
  if (*known) return **known;

  const auto found = look_at(request.name, coroutine);
  if (!found && is_missing(found.error())) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no container '{}' on node '{}'; 'docker ps -a' there lists "
                            "all",
                            request.name, config_.node.str()));
  }
  if (!found) return tl::unexpected(found.error());
  if (auto checked = check(*found, request, coroutine); !checked)
    return tl::unexpected(checked.error());

  Adoption adoption{.container = found->id,
                    .name = found->name,
                    .workload = request.workload,
                    .generation = request.generation,
                    .restart_policy = found->restart_policy};
  const std::optional<InstanceId> before = book_.instance_of(found->id);
  if (const auto other = before ? book_.find(*before) : std::nullopt)
    adoption.restart_policy = other->restart_policy;  // The engine's is "no" meanwhile.
  if (auto kept = book_.keep(request.instance, adoption, coroutine); !kept)
    return tl::unexpected(kept.error());
  if (before) {
    last_seen_.erase(*before);
    if (auto passed_on = book_.forget(*before, coroutine); !passed_on)
      return tl::unexpected(passed_on.error());
  }
  if (auto set = set_policy(found->id, kNoRestart, coroutine); !set) {
    // Without an answer it may have been set: the next attempt finds it in the book.
    const bool is_refused =
        set.error().code != ErrorCode::kTimeout && set.error().code != ErrorCode::kUnavailable;
    if (is_refused) (void)book_.forget(request.instance, coroutine);
    return tl::unexpected(set.error());
  }
  return seen(request.instance, adoption, *found);
}

// Recreate. ---------------------------------------------------------------------------------------

Result<Container> ContainerAdopter::recreate(const InstanceId& instance, std::uint32_t restarts,
                                             Coroutine& coroutine) {
  const Busy busy(*this, instance, coroutine);
  std::optional<Adoption> known = book_.find(instance);
  if (!known) {
    return fail(ErrorCode::kNotFound, fmt::format("'{}' has adopted no container", instance.str()));
  }
  Adoption& adoption = *known;
  const auto found = look_at(adoption.container.str(), coroutine);
  if (!found && is_missing(found.error())) {
    if (auto noted = note_gone(instance, adoption, coroutine); !noted)
      return tl::unexpected(noted.error());
  }
  if (!found) return tl::unexpected(found.error());
  if (found->state != ContainerState::kExited) {
    if (auto swapped = swap_names(adoption, coroutine); !swapped)
      return tl::unexpected(unnamed(instance, adoption, swapped.error(), coroutine));
    return seen(instance, adoption, *found);
  }

  if (auto dropped = drop_old(instance, adoption, coroutine); !dropped)
    return tl::unexpected(dropped.error());
  if (auto dropped = drop_next(instance, adoption, coroutine); !dropped)
    return tl::unexpected(dropped.error());
  adoption.name = found->name;
  const auto made = make_next(instance, adoption, coroutine);
  if (!made) return tl::unexpected(made.error());
  adoption.old = std::exchange(adoption.container, *made);
  adoption.next.clear();
  adoption.restarts = restarts;
  if (auto kept = book_.keep(instance, adoption, coroutine); !kept)
    return tl::unexpected(kept.error());  // The next attempt removes what was made.
  if (auto swapped = swap_names(adoption, coroutine); !swapped)
    return tl::unexpected(unnamed(instance, adoption, swapped.error(), coroutine));
  return seen(instance, adoption,
              {.id = *made, .state = ContainerState::kCreated, .runs_since = std::nullopt});
}

/// The container is gone. If it was to replace one that is not, that is the adopted one again.
Result<void> ContainerAdopter::note_gone(const InstanceId& instance, Adoption adoption,
                                         Coroutine& coroutine) {
  last_seen_.erase(instance);
  if (adoption.old.empty()) return book_.forget(instance, coroutine);
  return return_to_old(instance, adoption, coroutine);
}

/// The fresh container cannot get its name. If somebody removed the old one meanwhile and made
/// another of that name, the fresh one is not needed: kNotFound.
Error ContainerAdopter::unnamed(const InstanceId& instance, const Adoption& adoption, Error error,
                                Coroutine& coroutine) {
  if (error.code != ErrorCode::kConflict) return error;
  const auto old = look_at(adoption.old.str(), coroutine);
  if (old || !is_missing(old.error())) return error;
  if (!discard(adoption.container.str(), coroutine)) return error;
  last_seen_.erase(instance);
  if (!book_.forget(instance, coroutine)) return error;
  return {ErrorCode::kNotFound,
          fmt::format("somebody made another container '{}' in its place", adoption.name)};
}

/// Creates what is to take the place of the adopted container, under a name that the book has.
Result<ContainerId> ContainerAdopter::make_next(const InstanceId& instance, Adoption& adoption,
                                                Coroutine& coroutine) {
  const auto inspection = inspect(adoption.container.str(), coroutine);
  if (!inspection) return tl::unexpected(inspection.error());
  const auto present = decode_foreign(*inspection);
  if (!present) return tl::unexpected(present.error());
  const auto image = image_of(*present, coroutine);
  if (!image) return tl::unexpected(image.error());
  const auto recreation = make_recreation(*inspection, *image);
  if (!recreation) return tl::unexpected(recreation.error());
  adoption.next = next_name(adoption.name);
  if (auto kept = book_.keep(instance, adoption, coroutine); !kept)
    return tl::unexpected(kept.error());
  auto made = create(*recreation, adoption.next, coroutine);
  if (!made) return made;
  if (auto connected = connect(*made, *recreation, coroutine); !connected)
    return tl::unexpected(connected.error());
  return made;
}

/// The reference that its creator used, if that means the same image still; else the image's id.
Result<std::string> ContainerAdopter::image_of(const ForeignContainer& container,
                                               Coroutine& coroutine) {
  const std::string& reference = container.image_reference;
  const auto answer = ask("GET", fmt::format("/images/{}/json", percent_encode(reference)), {},
                          fmt::format("inspect image '{}'", reference), coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return container.image;
  const auto id = decode_image_id(answer->body);
  return id && *id == container.image ? reference : container.image;
}

Result<ContainerId> ContainerAdopter::create(const Recreation& recreation, const std::string& name,
                                             Coroutine& coroutine) {
  const std::string doing = words("create", name);
  const auto answer = ask("POST", "/containers/create?name=" + percent_encode(name),
                          recreation.body, doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kCreated) {
    Error error = refusal(answer->status, answer->body, doing);
    // Something it needs is gone; the adopted container is not.
    if (is_missing(error)) error.code = ErrorCode::kFailed;
    return tl::unexpected(std::move(error));
  }
  auto id = decode_new_id(answer->body);
  if (!id) return tl::unexpected(id.error());
  return ContainerId{*std::move(id)};
}

Result<void> ContainerAdopter::connect(const ContainerId& container, const Recreation& recreation,
                                       Coroutine& coroutine) {
  const auto call = [&](const std::string& network, std::string_view verb, std::string body) {
    return change(fmt::format("/networks/{}/{}", percent_encode(network), verb), std::move(body),
                  fmt::format("{} a container and network '{}'", verb, network), coroutine)
        .map_error([](Error error) {
          if (is_missing(error)) error.code = ErrorCode::kFailed;
          return error;
        });
  };
  for (const NetworkConnection& one : recreation.networks) {
    auto connected = call(one.network, "connect", encode_connection(container, one));
    if (!connected) return connected;
  }
  if (recreation.left_network.empty()) return {};
  return call(recreation.left_network, "disconnect",
              fmt::format(R"({{"Container":"{}","Force":true}})", container.str()));
}

/// The container that replaces another one gets its name. Does nothing if it has it.
Result<void> ContainerAdopter::swap_names(const Adoption& adoption, Coroutine& coroutine) {
  if (adoption.old.empty()) return {};
  const auto old = look_at(adoption.old.str(), coroutine);
  if (!old && !is_missing(old.error())) return tl::unexpected(old.error());
  if (old && old->name == adoption.name) {
    auto renamed = rename(adoption.old, old_name(adoption.name, adoption.old), coroutine);
    if (!renamed) return renamed;
  }
  const auto present = look_at(adoption.container.str(), coroutine);
  if (!present) return tl::unexpected(present.error());
  return present->name == adoption.name ? Result<void>()
                                        : rename(adoption.container, adoption.name, coroutine);
}

Result<void> ContainerAdopter::drop_next(const InstanceId& instance, Adoption& adoption,
                                         Coroutine& coroutine) {
  if (adoption.next.empty()) return {};
  if (auto discarded = discard(adoption.next, coroutine); !discarded) return discarded;
  adoption.next.clear();
  return book_.keep(instance, adoption, coroutine);
}

Result<void> ContainerAdopter::drop_old(const InstanceId& instance, Adoption& adoption,
                                        Coroutine& coroutine) {
  if (adoption.old.empty()) return {};
  if (auto discarded = discard(adoption.old.str(), coroutine); !discarded) return discarded;
  adoption.old = ContainerId{};
  return book_.keep(instance, adoption, coroutine);
}

Result<void> ContainerAdopter::start(const ContainerId& container, Coroutine& coroutine) {
  const std::optional<InstanceId> instance = book_.instance_of(container);
  if (!instance) return containers_.start(container, coroutine);
  const Busy busy(*this, *instance, coroutine);
  std::optional<Adoption> adoption = book_.find(*instance);
  if (!adoption || adoption->old.empty()) return containers_.start(container, coroutine);
  if (auto swapped = swap_names(*adoption, coroutine); !swapped) return swapped;
  // Somebody may have started it again: two must not run on the same data.
  if (auto stopped = containers_.stop(adoption->old, kStopGrace, coroutine); !stopped)
    return stopped;
  if (auto started = containers_.start(container, coroutine); !started) return started;
  (void)drop_old(*instance, *adoption, coroutine);  // If not now, then with the next listing.
  return {};
}

// Let go. -----------------------------------------------------------------------------------------

/// The fresh container never ran: the one that it was to replace is the adopted one again.
Result<void> ContainerAdopter::return_to_old(const InstanceId& instance, Adoption& adoption,
                                             Coroutine& coroutine) {
  if (auto discarded = discard(adoption.container.str(), coroutine); !discarded) return discarded;
  const auto old = look_at(adoption.old.str(), coroutine);
  if (!old && is_missing(old.error())) return book_.forget(instance, coroutine);
  if (!old) return tl::unexpected(old.error());
  if (old->name != adoption.name) {
    auto renamed = rename(adoption.old, adoption.name, coroutine);
    if (!renamed) return renamed;
  }
  adoption.container = std::exchange(adoption.old, ContainerId{});
  return book_.keep(instance, adoption, coroutine);
}

Result<void> ContainerAdopter::let_go(const InstanceId& instance, Coroutine& coroutine) {
  const Busy busy(*this, instance, coroutine);
  std::optional<Adoption> adoption = book_.find(instance);
  if (!adoption) return {};
  if (auto dropped = drop_next(instance, *adoption, coroutine); !dropped) return dropped;
  if (!adoption->old.empty()) {
    const auto found = look_at(adoption->container.str(), coroutine);
    if (!found && !is_missing(found.error())) return tl::unexpected(found.error());
    const bool has_run = found && found->state != ContainerState::kCreated;
    const Result<void> settled = has_run ? drop_old(instance, *adoption, coroutine)
                                         : return_to_old(instance, *adoption, coroutine);
    if (!settled) return settled;
  }
  Result<void> put_back = set_policy(adoption->container, adoption->restart_policy, coroutine);
  if (!put_back && !is_missing(put_back.error())) return put_back;
  last_seen_.erase(instance);
  return book_.forget(instance, coroutine);
}

// List. -------------------------------------------------------------------------------------------

/// Ends what an agent that died had begun.
Result<void> ContainerAdopter::settle(const InstanceId& instance, const ForeignContainer& found,
                                      Coroutine& coroutine) {
  if (busy_.contains(instance)) return {};  // A verb goes on with it.
  const Busy busy(*this, instance, coroutine);
  std::optional<Adoption> adoption = book_.find(instance);
  if (!adoption || adoption->container != found.id) return {};
  if (auto dropped = drop_next(instance, *adoption, coroutine); !dropped) return dropped;
  if (found.state == ContainerState::kRunning) {
    if (auto dropped = drop_old(instance, *adoption, coroutine); !dropped) return dropped;
  }
  if (!adoption->old.empty() || adoption->name == found.name) return {};
  adoption->name = found.name;  // Renamed by hand.
  return book_.keep(instance, *adoption, coroutine);
}

ContainerAdopter::List ContainerAdopter::list(Coroutine& coroutine) {
  const auto give_up = std::chrono::steady_clock::now() + config_.timeouts.answer;
  List list;
  const AdoptionBook::Entries entries = book_.entries();
  for (const auto& [instance, adoption] : entries) {
    Result<ForeignContainer> found =
        fail(ErrorCode::kTimeout, "the Docker engine took too long to inspect other containers");
    if (std::chrono::steady_clock::now() < give_up)
      found = look_at(adoption.container.str(), coroutine);
    if (found) {
      const auto settled = settle(instance, *found, coroutine);
      if (!settled) list.missing = settled.error().message;
      const auto present = book_.find(instance);
      if (present && present->container == found->id)
        list.containers.push_back(seen(instance, *present, *found));
      continue;
    }
    if (is_missing(found.error())) {
      if (busy_.contains(instance)) continue;
      const Busy busy(*this, instance, coroutine);
      if (book_.find(instance) != adoption) continue;
      (void)note_gone(instance, adoption, coroutine);  // If not now, then with the next listing.
      continue;
    }
    list.missing = found.error().message;
    const auto last = last_seen_.find(instance);
    if (last != last_seen_.end()) list.containers.push_back(last->second);
  }
  return list;
}

}  // namespace hearth::docker
