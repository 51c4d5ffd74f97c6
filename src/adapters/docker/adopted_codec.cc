#include "adapters/docker/adopted_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "adapters/docker/container_codec.h"
#include "adapters/docker/container_labels.h"
#include "adapters/docker/engine_json.h"

namespace hearth::docker {
namespace {

constexpr std::size_t kShortId = 12;
constexpr std::string_view kContainerMode = "container:";
constexpr auto kStartNotedAfter = std::chrono::seconds(2);

json::object object_in(const json::value& in, std::string_view key) {
  const json::value* found = member(in, key);
  return found != nullptr && found->is_object() ? found->get_object() : json::object{};
}

std::string without_slash(std::string_view name) {
  return std::string(name.starts_with('/') ? name.substr(1) : name);
}

std::optional<WallTime> runs_since(const json::value& answer, std::optional<WallTime> started) {
  if (!started) return std::nullopt;
  WallTime since = *started - kStartNotedAfter;
  for (const std::string_view text :
       {text_in(answer, "Created"), text_in(member(answer, "State"), "FinishedAt")}) {
    const std::optional<WallTime> before = parse_go_time(text);
    if (before && *before <= *started) since = std::max(since, *before);
  }
  return since;
}

std::string objection_to(const json::value& answer) {
  const json::value* labels = member(member(answer, "Config"), "Labels");
  const bool is_ours = !text_in(labels, kNodeLabel).empty() &&
                       !is_stranger(text_in(labels, kImageLabel), text_in(answer, "Image"));
  if (is_ours)
    return "it is one of Hearth's own, of instance '" +
           std::string(text_in(labels, kInstanceLabel)) + "'";
  if (flag_in(member(answer, "HostConfig"), "AutoRemove")) {
    return "it was started with --rm, so the engine removes it once it ends; start it without";
  }
  if (!text_in(labels, "com.docker.swarm.task.id").empty())
    return "it is a task of a swarm, which restarts it itself";
  const std::string_view status = text_in(member(answer, "State"), "Status");
  if (status == "removing" || status == "dead") return "it is being removed";
  return {};
}

/// Of a network whose containers find each other by name: the others have neither aliases nor
/// addresses of the user's.
bool is_users(std::string_view network) {
  constexpr std::array<std::string_view, 5> kBuiltIn{"", "default", "bridge", "host", "none"};
  return std::find(kBuiltIn.begin(), kBuiltIn.end(), network) == kBuiltIn.end() &&
         !network.starts_with(kContainerMode);
}

bool is_shared(std::string_view mode) {
  return mode == "host" || mode == "none" || mode.starts_with(kContainerMode);
}

/// What a user can say of a connection; the rest is what came of it.
json::object endpoint_of(const json::value& endpoint, std::string_view id, bool of_users) {
  json::object kept;
  if (!of_users) return kept;
  for (const std::string_view key : {"IPAMConfig", "Links", "DriverOpts"}) {
    if (const json::value* value = member(endpoint, key)) kept[key] = *value;
  }
  json::array aliases;
  const json::value* all = member(endpoint, "Aliases");
  if (all != nullptr && all->is_array()) {
    for (const json::value& alias : all->get_array()) {
      // Older engines add the start of the container's id.
      if (text_of(&alias) != id.substr(0, kShortId)) aliases.push_back(alias);
    }
  }
  if (!aliases.empty()) kept["Aliases"] = std::move(aliases);
  return kept;
}

/// "/db:/web/alias" is how the engine shows what was given as "db:alias".
void restore_links(json::object& host) {
  json::value* links = host.if_contains("Links");
  if (links == nullptr || !links->is_array()) return;
  for (json::value& link : links->get_array()) {
    const std::string text(text_of(&link));
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) continue;
    const std::string alias = text.substr(text.rfind('/') + 1);
    link = json::string(without_slash(text.substr(0, colon)) + ":" + alias);
  }
}

/// Where a bind leads to: "SOURCE:TARGET[:OPTIONS]".
std::string_view target_of_bind(std::string_view bind) {
  const std::size_t first = bind.find(':');
  if (first == std::string_view::npos) return bind;
  const std::string_view rest = bind.substr(first + 1);
  return rest.substr(0, rest.find(':'));
}

/// Volumes that the engine named itself are named in the request, or the new container would get
/// empty ones.
void keep_volumes(json::object& host, const json::value& answer) {
  std::set<std::string, std::less<>> named;
  json::value& binds = host["Binds"];
  if (!binds.is_array()) binds.emplace_array();
  for (const json::value& bind : binds.get_array()) named.emplace(target_of_bind(text_of(&bind)));
  const json::value* mounts = member(answer, "Mounts");
  if (mounts == nullptr || !mounts->is_array()) return;
  json::value* asked = host.if_contains("Mounts");
  for (const json::value& mount : mounts->get_array()) {
    const std::string_view target = text_in(mount, "Destination");
    if (text_in(mount, "Type") != "volume" || named.contains(target)) continue;
    bool is_asked = false;
    if (asked != nullptr && asked->is_array()) {
      for (json::value& one : asked->get_array()) {
        if (!one.is_object() || text_in(one, "Target") != target) continue;
        one.get_object()["Source"] = json::string(text_in(mount, "Name"));
        is_asked = true;
      }
    }
    if (is_asked) continue;
    const bool writable = flag_in(&mount, "RW");
    binds.get_array().push_back(json::string(
        fmt::format("{}:{}{}", text_in(mount, "Name"), target, writable ? "" : ":ro")));
  }
}

/// A container in another one's network, or the node's, has no network settings of its own.
void drop_network_settings(json::object& config, json::object& host, std::string_view mode) {
  if (!mode.starts_with(kContainerMode)) return;
  for (const std::string_view key : {"Hostname", "Domainname", "ExposedPorts", "MacAddress"})
    config.erase(key);
  for (const std::string_view key :
       {"PortBindings", "PublishAllPorts", "Dns", "ExtraHosts", "Links"})
    host.erase(key);
}

/// Its own network goes into the request that creates it; the others are connected afterwards.
void divide_networks(const json::value& answer, std::string_view id, std::string_view mode,
                     json::object& body, Recreation& into) {
  if (is_shared(mode)) return;
  const std::string_view own = mode == "default" || mode.empty() ? "bridge" : mode;
  bool has_own = false;
  const json::object networks = object_in(*member(answer, "NetworkSettings"), "Networks");
  for (const auto& [name, endpoint] : networks) {
    const std::string_view network(name);
    const bool is_own = network == own || text_in(endpoint, "NetworkID") == own;
    json::object kept = endpoint_of(endpoint, id, is_users(network));
    if (!is_own) {
      into.networks.push_back({std::string(network), json::serialize(kept)});
      continue;
    }
    has_own = true;
    if (!is_users(network)) continue;
    json::object endpoints;
    endpoints[mode] = std::move(kept);
    body["NetworkingConfig"] = json::object{{"EndpointsConfig", std::move(endpoints)}};
  }
  if (!has_own) into.left_network = std::string(own);
}

}  // namespace

Result<ForeignContainer> decode_foreign(std::string_view answer) {
  auto details = decode_details(answer);
  if (!details) return tl::unexpected(details.error());
  const auto parsed = parse(answer, "an answer about a container");
  if (!parsed) return tl::unexpected(parsed.error());
  const json::value* policy = member(member(*parsed, "HostConfig"), "RestartPolicy");
  ForeignContainer foreign{
      .id = ContainerId{std::string(text_in(*parsed, "Id"))},
      .name = details->details.name,
      .state = details->details.state,
      .paused = details->details.paused,
      .runs_since = runs_since(*parsed, details->details.started_at),
      .exit = details->details.exit,
      .image = std::string(text_in(*parsed, "Image")),
      .image_reference = std::string(text_in(member(*parsed, "Config"), "Image")),
      .restart_policy = policy == nullptr ? std::string(kNoRestart) : json::serialize(*policy),
      .objection = objection_to(*parsed)};
  if (foreign.id.empty() || foreign.name.empty() || foreign.image.empty())
    return corrupt("a container without its id, name or image");
  return foreign;
}

Result<Recreation> make_recreation(std::string_view inspection, const std::string& image) {
  const auto parsed = parse(inspection, "an answer about a container");
  if (!parsed) return tl::unexpected(parsed.error());
  json::object config = object_in(*parsed, "Config");
  json::object host = object_in(*parsed, "HostConfig");
  const std::string id(text_in(*parsed, "Id"));
  if (config.empty() || host.empty() || member(*parsed, "NetworkSettings") == nullptr)
    return corrupt("a container without its configuration");
  const std::string mode(text_in(member(*parsed, "HostConfig"), "NetworkMode"));

  config["Image"] = image;
  // The engine gives a container without a host name the start of its id.
  if (text_in(member(*parsed, "Config"), "Hostname") == std::string_view(id).substr(0, kShortId))
    config.erase("Hostname");
  host["RestartPolicy"] = json::parse(json::string_view(kNoRestart.data(), kNoRestart.size()));
  restore_links(host);
  keep_volumes(host, *parsed);
  drop_network_settings(config, host, mode);

  Recreation recreation;
  divide_networks(*parsed, id, mode, config, recreation);
  config["HostConfig"] = std::move(host);
  recreation.body = json::serialize(config);
  return recreation;
}

std::string encode_connection(const ContainerId& container, const NetworkConnection& connection) {
  return fmt::format(R"({{"Container":"{}","EndpointConfig":{}}})", container.str(),
                     connection.endpoint);
}

std::string encode_restart_policy(std::string_view policy) {
  return fmt::format(R"({{"RestartPolicy":{}}})", policy);
}

}  // namespace hearth::docker
