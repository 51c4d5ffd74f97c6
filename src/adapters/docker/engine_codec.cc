#include "adapters/docker/engine_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "adapters/docker/container_labels.h"
#include "adapters/docker/engine_json.h"
#include "wire/percent_coding.h"

namespace hearth::docker {
namespace {

/// With the words before it, this must fit in a report's reason, which is cut at its end.
constexpr std::size_t kReasonBytesMax = 768;
constexpr std::string_view kImagePrefix = "hearth/";

Result<ApiVersion> parse_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    const auto major = number<std::uint32_t>(text.substr(0, dot));
    const auto minor = number<std::uint32_t>(text.substr(dot + 1));
    if (major && minor) return ApiVersion{*major, *minor};
  }
  return corrupt(fmt::format("'{}' as its API version", text.substr(0, 20)));
}

std::string first_words(std::string_view reason) {
  while (!reason.empty() && std::isspace(static_cast<unsigned char>(reason.back()))) {
    reason.remove_suffix(1);
  }
  // An engine's message ends with its cause, so it is cut at its start.
  if (reason.size() <= kReasonBytesMax) return std::string(reason);
  reason.remove_prefix(reason.size() - kReasonBytesMax);
  while (!reason.empty() && (static_cast<unsigned char>(reason.front()) & 0xC0U) == 0x80U) {
    reason.remove_prefix(1);
  }
  return "…" + std::string(reason);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool tells_full_disk(std::string_view reason) {
  return contains(reason, "no space left on device") || contains(reason, "disk quota exceeded");
}

/// The remedy for a Dockerfile that the classic builder does not understand, which it reports in
/// one of these ways.
std::string_view dockerfile_remedy(std::string_view reason) {
  if (contains(reason, "requires BuildKit") || contains(reason, "Unknown flag: ") ||
      contains(reason, "failed to parse platform")) {
    return "; Hearth builds with the engine's classic builder: avoid what only BuildKit supports "
           "(RUN --mount, COPY --chmod and --link, heredocs, TARGETARCH)";
  }
  if (contains(reason, "unknown instruction: ")) {
    return "; if that line belongs to a heredoc ('<<EOF'): only BuildKit supports heredocs, and "
           "Hearth builds with the engine's classic builder";
  }
  return {};
}

json::array label_filter(const ContainerOwner& owner) {
  return {json::string(fmt::format("{}={}", kClusterLabel, owner.cluster)),
          json::string(fmt::format("{}={}", kNodeLabel, owner.node.str()))};
}

std::string query_value(const json::object& filters) {
  return percent_encode(json::serialize(filters));
}

/// In whole seconds, so a little early.
std::optional<WallTime> created_at(const json::value& entry) {
  const json::value* seconds = member(entry, "Created");
  if (seconds == nullptr || !seconds->is_int64() || seconds->get_int64() < 0) return std::nullopt;
  constexpr std::int64_t kLatest = 4'000'000'000;
  return WallTime(std::chrono::seconds(std::min(seconds->get_int64(), kLatest)));
}

std::optional<Container> read_container(const json::value& entry) {
  const json::value* labels = member(entry, "Labels");
  const std::string_view id = text_in(entry, "Id");
  const auto state = parse_state(text_in(entry, "State"));
  if (!labels || id.empty() || !state) return std::nullopt;
  const std::string_view instance = text_in(*labels, kInstanceLabel);
  const auto workload = WorkloadName::parse(text_in(*labels, kWorkloadLabel));
  const auto generation = number<std::uint64_t>(text_in(*labels, kGenerationLabel));
  const auto restarts = number<std::uint32_t>(text_in(*labels, kRestartsLabel));
  if (instance.empty() || !workload || !generation || !restarts) return std::nullopt;
  return Container{.id = ContainerId{std::string(id)},
                   .instance = InstanceId{std::string(instance)},
                   .workload = *workload,
                   .generation = Generation{*generation},
                   .restarts = *restarts,
                   .state = *state,
                   .created_at = created_at(entry),
                   .exit = std::nullopt,
                   .paused = text_in(entry, "State") == "paused"};
}

struct EventName {
  std::string_view action;
  EngineEvent::Kind kind;
};
constexpr std::string_view kHealthAction = "health_status";
constexpr std::array<EventName, 10> kEvents{{
    {"start", EngineEvent::Kind::kStart},
    {"die", EngineEvent::Kind::kDie},
    {"oom", EngineEvent::Kind::kOutOfMemory},
    {"destroy", EngineEvent::Kind::kDestroy},
    {"kill", EngineEvent::Kind::kKill},
    {"pause", EngineEvent::Kind::kPause},
    {"unpause", EngineEvent::Kind::kUnpause},
    {kHealthAction, EngineEvent::Kind::kHealth},
    {"rename", EngineEvent::Kind::kRename},
    {"restart", EngineEvent::Kind::kRestart},
}};

/// "health_status: healthy": the action has a value of its own.
std::optional<EngineEvent::Kind> parse_kind(std::string_view action) {
  const std::string_view name = action.substr(0, action.find(':'));
  for (const EventName& event : kEvents) {
    if (event.action == name) return event.kind;
  }
  return std::nullopt;
}

/// 0: unknown.
int signal_of(std::string_view text) {
  constexpr int kSignalMax = 64;
  const int signal = number<int>(text).value_or(0);
  return signal > 0 && signal <= kSignalMax ? signal : 0;
}

ImageHealth parse_health(std::string_view action) {
  if (action.ends_with(": unhealthy")) return ImageHealth::kUnhealthy;
  if (action.ends_with(": healthy")) return ImageHealth::kHealthy;
  return action.ends_with(": starting") ? ImageHealth::kStarting : ImageHealth::kNone;
}

}  // namespace

Result<ApiVersion> choose_api_version(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about its version");
  if (!parsed) return tl::unexpected(parsed.error());
  auto newest = parse_version(text_in(*parsed, "ApiVersion"));
  if (!newest) return newest;
  ApiVersion oldest;
  if (const std::string_view min_version = text_in(*parsed, "MinAPIVersion");
      !min_version.empty()) {
    auto min = parse_version(min_version);
    if (!min) return min;
    oldest = *min;
  }
  if (*newest < kApiOldest) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("the Docker engine is too old: it supports API {}.{} at most and "
                            "Hearth requires {}.{} at least; install Docker 20.10 or newer",
                            newest->major, newest->minor, kApiOldest.major, kApiOldest.minor));
  }
  if (oldest > kApiNewest) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("the Docker engine is too new: it requires API {}.{} at least and "
                            "Hearth supports {}.{} at most; install a newer Hearth",
                            oldest.major, oldest.minor, kApiNewest.major, kApiNewest.minor));
  }
  return std::min(*newest, kApiNewest);
}

Result<std::optional<EngineEvent>> decode_event(const ContainerOwner& owner,
                                                std::string_view line) {
  const auto parsed = parse(line, "an event");
  if (!parsed) return tl::unexpected(parsed.error());
  const auto kind = parse_kind(text_in(*parsed, "Action"));
  if (text_in(*parsed, "Type") != "container" || !kind) return std::nullopt;

  const json::value* actor = member(*parsed, "Actor");
  const json::value* attributes = actor ? member(*actor, "Attributes") : nullptr;
  const json::value* nanos = member(*parsed, "timeNano");
  const std::string_view container = actor ? text_in(*actor, "ID") : std::string_view{};
  if (container.empty() || !attributes || !nanos || !nanos->is_int64()) {
    return corrupt("an event without its container or its time");
  }
  const bool is_owners = text_in(*attributes, kClusterLabel) == owner.cluster &&
                         text_in(*attributes, kNodeLabel) == owner.node.str();
  EngineEvent event{
      .kind = *kind,
      .container = ContainerId{std::string(container)},
      .instance = InstanceId{std::string(is_owners ? text_in(*attributes, kInstanceLabel) : "")},
      .exit_code = 0,
      .signal = signal_of(text_in(*attributes, "signal")),
      .health = parse_health(text_in(*parsed, "Action")),
      .name = std::string(text_in(*attributes, "name")),
      .stranger = is_stranger(text_in(*attributes, kImageLabel), text_in(*attributes, "image")),
      .at = WallTime(std::chrono::duration_cast<WallClock::duration>(
          std::chrono::nanoseconds(nanos->get_int64())))};
  if (event.kind == EngineEvent::Kind::kDie) {
    const auto code = number<std::int64_t>(text_in(*attributes, "exitCode"));
    if (!code) return corrupt("a die event without its exit code");
    event.exit_code = exit_code_of(*code);
  }
  return event;
}

std::string events_target(WallTime since) {
  json::array events;
  for (const EventName& event : kEvents) {
    events.emplace_back(json::string(event.action));
  }
  const json::object filters{{"type", json::array{"container"}}, {"event", std::move(events)}};
  const auto millis = since.time_since_epoch().count();
  return fmt::format("/events?since={}.{:03}&filters={}", millis / 1000, millis % 1000,
                     query_value(filters));
}

std::string container_list_target(const ContainerOwner& owner) {
  return "/containers/json?all=1&filters=" + query_value({{"label", label_filter(owner)}});
}

std::string image_list_target() {
  return "/images/json?filters=" + query_value({{"reference", json::array{"hearth/*"}}});
}

std::string log_query(const LogRequest& request) {
  std::string query = fmt::format(
      "stdout=1&stderr=1&follow={}&tail={}", request.follow ? 1 : 0,
      request.tail_lines == 0 ? std::string("all") : std::to_string(request.tail_lines));
  if (request.timestamps) query += "&timestamps=1";
  if (request.since) {
    const auto since = request.since->time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    query += fmt::format("&since={}.{:09}", seconds.count(),
                         std::chrono::nanoseconds(since - seconds).count());
  }
  return query;
}

std::optional<ContainerState> parse_state(std::string_view text) {
  if (text == "created") return ContainerState::kCreated;
  if (text == "running" || text == "paused" || text == "restarting") {
    return ContainerState::kRunning;
  }
  if (text == "exited" || text == "dead" || text == "removing") return ContainerState::kExited;
  return std::nullopt;
}

Result<ContainerList> decode_container_list(std::string_view answer) {
  const auto parsed = parse(answer, "a list of containers");
  if (!parsed) return tl::unexpected(parsed.error());
  const json::array* entries = parsed->if_array();
  if (!entries) return corrupt("a list of containers that is not a list");
  ContainerList list;
  for (const json::value& entry : *entries) {
    auto container = read_container(entry);
    if (container &&
        is_stranger(text_in(member(entry, "Labels"), kImageLabel), text_in(entry, "ImageID"))) {
      list.strangers.push_back(container->id);
    } else if (container) {
      list.containers.push_back(std::move(*container));
    } else {
      ++list.unreadable;
    }
  }
  return list;
}

std::filesystem::path decode_data_root(std::string_view answer) {
  const auto parsed = parse(answer, "an answer about itself");
  std::filesystem::path root = parsed ? text_in(*parsed, "DockerRootDir") : std::string_view{};
  return root.is_absolute() ? root : std::filesystem::path();
}

Result<std::vector<std::string>> decode_image_list(std::string_view answer) {
  const auto parsed = parse(answer, "a list of images");
  if (!parsed) return tl::unexpected(parsed.error());
  const json::array* entries = parsed->if_array();
  if (!entries) return corrupt("a list of images that is not a list");
  std::set<std::string> references;
  for (const json::value& entry : *entries) {
    const json::value* tags = member(entry, "RepoTags");
    if (!tags || !tags->is_array()) continue;  // An image without a name: null.
    for (const json::value& tag : tags->get_array()) {
      if (text_of(&tag).starts_with(kImagePrefix)) references.emplace(text_of(&tag));
    }
  }
  return std::vector<std::string>(references.begin(), references.end());
}

Result<ProgressMessage> decode_progress(std::string_view line) {
  const auto parsed = parse(line, "a progress message");
  if (!parsed) return tl::unexpected(parsed.error());
  ProgressMessage message;
  const json::value* detail = member(*parsed, "errorDetail");
  message.error = detail ? text_in(*detail, "message") : text_in(*parsed, "error");
  if (message.error.empty()) message.error = text_in(*parsed, "error");
  message.text = text_in(*parsed, "stream");
  // A download's progress bar is for a terminal; its steps are for a log.
  if (const std::string_view status = text_in(*parsed, "status");
      !status.empty() && text_in(*parsed, "progress").empty()) {
    const std::string_view id = text_in(*parsed, "id");
    message.text += id.empty() ? fmt::format("{}\n", status) : fmt::format("{}: {}\n", id, status);
  }
  return message;
}

Error refusal(unsigned status, std::string_view answer, std::string_view doing) {
  std::string reason;
  if (const auto parsed = parse(answer, "")) reason = text_in(*parsed, "message");
  if (reason.empty()) reason = fmt::format("HTTP status {}", status);
  if (status >= 500 || status == 403 || tells_full_disk(reason)) {
    Error error = failure(reason, doing);
    if (status == 503) error.code = ErrorCode::kUnavailable;
    return error;
  }
  const ErrorCode code = status == 404   ? ErrorCode::kNotFound
                         : status == 409 ? ErrorCode::kConflict
                                         : ErrorCode::kInvalidArgument;
  return {code, fmt::format("the Docker engine refused to {}: {}{}", doing, first_words(reason),
                            dockerfile_remedy(reason))};
}

Error failure(std::string_view reason, std::string_view doing) {
  if (tells_full_disk(reason)) {
    return {ErrorCode::kExhausted,
            fmt::format("the Docker engine has no disk space left to {}: {}; free some, for "
                        "example with 'docker system prune'",
                        doing, first_words(reason))};
  }
  return {ErrorCode::kFailed, fmt::format("the Docker engine failed to {}: {}{}", doing,
                                          first_words(reason), dockerfile_remedy(reason))};
}

}  // namespace hearth::docker
