// The part of ManagerApi for the releases of a workload.

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration_text.h"
#include "shell/api/manager_api.h"
#include "shell/api/query.h"
#include "shell/api/release_changes.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace hearth {
namespace {

constexpr std::size_t kRollbackBytesMax = 4096;

/// The kept releases, the newest first.
std::vector<const Release*> releases_of(const Workload& workload) {
  std::vector<const Release*> releases;
  if (workload.next) releases.push_back(&*workload.next);
  if (workload.current) releases.push_back(&*workload.current);
  for (const Release& release : workload.earlier) releases.push_back(&release);
  // A failed release can be newer than the current one.
  std::stable_sort(releases.begin(), releases.end(), [](const Release* a, const Release* b) {
    return a->generation > b->generation;
  });
  return releases;
}

std::string_view role_of(const Release& release, const Workload& workload) {
  if (workload.next && &release == &*workload.next) return "next";
  if (workload.current && &release == &*workload.current) return "current";
  return "earlier";
}

/// The release that it replaced or was to replace: the latest one before it that did not fail, else
/// the one before it; nullptr if none is kept.
const Release* release_before(const std::vector<const Release*>& newest_first, std::size_t at) {
  const auto begin = newest_first.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  const auto good = std::find_if(begin, newest_first.end(),
                                 [](const Release* one) { return one->fault.empty(); });
  if (good != newest_first.end()) return *good;
  return begin == newest_first.end() ? nullptr : *begin;
}

/// `before`: what its changes are shown against, if it is kept.
void write_release(JsonWriter& out, const Release& release, std::string_view role,
                   const Release* before) {
  out.begin_object()
      .field("generation", release.generation.value)
      .field("state", role)
      .field("deployed_at", show_time(release.deployed_at))
      .field("deployed_by", release.deployed_by)
      .field("fault", release.fault)
      .field("instances", release.spec.instances)
      .field("bundle", release.spec.bundle.str())
      .field("image", release.image ? release.image->reference : std::string())
      .field("changes", before == nullptr ? "" : changes_between(before->spec, release.spec))
      .end_object();
}

/// The generation to return to; nothing if the body names none.
Result<std::optional<Generation>> decode_rollback(std::string_view body) {
  using Target = std::optional<Generation>;
  if (body.empty()) return Target();
  return decode_json(body,
                     {.bytes_max = kRollbackBytesMax, .duplicate_keys = DuplicateKeys::kRefuse},
                     ErrorCode::kInvalidArgument, [](JsonObject& in) {
                       const auto to = in.optional("to").number<std::uint64_t>(1);
                       in.refuse_unknown();
                       return std::optional<Target>(to ? Target(Generation{*to}) : Target());
                     });
}

}  // namespace

void ManagerApi::add_release_routes(HttpRoutes& routes) {
  const auto add = [&](HttpMethod method, std::string pattern,
                       Result<void> (ManagerApi::*handler)(HttpExchange&)) {
    routes.add(method, std::move(pattern),
               [this, handler](HttpExchange& exchange) { return (this->*handler)(exchange); });
  };
  add(HttpMethod::kGet, "/v1/workloads/{name}/releases", &ManagerApi::list_releases);
  add(HttpMethod::kPost, "/v1/workloads/{name}/rollback", &ManagerApi::roll_back_workload);
  add(HttpMethod::kPost, "/v1/workloads/{name}/restart", &ManagerApi::restart_workload);
}

Result<void> ManagerApi::list_releases(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  const Workload& workload = service_.manager().workloads().at(*name);
  const std::vector<const Release*> releases = releases_of(workload);
  JsonWriter out;
  out.begin_object().key("items").begin_list();
  for (std::size_t i = 0; i < releases.size(); ++i) {
    write_release(out, *releases[i], role_of(*releases[i], workload), release_before(releases, i));
  }
  out.end_list().key("next").null().end_object();
  return exchange.respond({.body = std::move(out).text()});
}

Result<void> ManagerApi::roll_back_workload(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  Result<std::string> by = requested_by(exchange.request());
  if (!by) return tl::unexpected(by.error());
  const Result<std::string> body = exchange.read_body(kRollbackBytesMax);
  if (!body) return tl::unexpected(body.error());
  const auto to = decode_rollback(*body);
  if (!to) return tl::unexpected(to.error());
  return begin_release(exchange, *name, RollBackWorkload{*name, *to, *std::move(by)});
}

Result<void> ManagerApi::restart_workload(HttpExchange& exchange) {
  const auto name = known_workload(exchange.request());
  if (!name) return tl::unexpected(name.error());
  Result<std::string> by = requested_by(exchange.request());
  if (!by) return tl::unexpected(by.error());
  return begin_release(exchange, *name, RestartWorkload{*name, *std::move(by)});
}

/// Answers with the generation that the command leads to.
Result<void> ManagerApi::begin_release(HttpExchange& exchange, const WorkloadName& name,
                                       Command command) {
  const auto result = carry_out(exchange, std::move(command));
  if (!result) return tl::unexpected(result.error());
  JsonWriter out;
  out.begin_object()
      .field("name", name.str())
      .field("generation", result->generation.value)
      .field("message", result->message)
      .end_object();
  return exchange.respond({.status = 202, .body = std::move(out).text()});
}

}  // namespace hearth
