#include "cli/dev/dev_engine.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include "adapters/docker/engine_codec.h"
#include "adapters/loop/coroutine.h"
#include "base/check.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

using docker::EngineAnswer;
using http::CallTimes;
using std::chrono::seconds;

constexpr auto kPatience = seconds(20);
constexpr unsigned kNotFound = 404;
constexpr unsigned kConflict = 409;

}  // namespace

DevEngine::DevEngine(boost::asio::io_context& loop, std::filesystem::path socket)
    : socket_(std::move(socket)), client_(loop, socket_) {}
DevEngine::~DevEngine() = default;

Result<void> DevEngine::check(Coroutine& coroutine) {
  const Result<EngineAnswer> answer = client_.ask({.method = "GET",
                                                   .target = "/_ping",
                                                   .body = {},
                                                   .doing = "answer",
                                                   .patience = CallTimes::of(seconds(5))},
                                                  coroutine);
  if (answer && answer->status == 200) return {};
  if (answer) return tl::unexpected(docker::refusal(answer->status, answer->body, "answer"));
  // kUnauthorized is reserved for a token that the manager does not accept.
  if (answer.error().code == ErrorCode::kUnauthorized) {
    return fail(ErrorCode::kFailed, answer.error().message);
  }
  return fail(
      answer.error().code,
      fmt::format("{}; or name another by --docker unix:///PATH or DOCKER_HOST; './dev run' "
                  "starts its own",
                  answer.error().message));
}

Result<std::vector<Container>> DevEngine::containers(const std::string& cluster,
                                                     const std::optional<NodeName>& node,
                                                     Coroutine& coroutine) {
  JsonWriter filters;
  filters.begin_object().key("label").begin_list().value("hearth.cluster=" + cluster);
  if (node) filters.value("hearth.node=" + node->str());
  filters.end_list().end_object();
  const std::string target =
      "/containers/json?all=1&filters=" + percent_encode(std::move(filters).text());
  const Result<EngineAnswer> answer = client_.ask({.method = "GET",
                                                   .target = target,
                                                   .body = {},
                                                   .doing = "list containers",
                                                   .patience = CallTimes::of(kPatience)},
                                                  coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200) {
    return tl::unexpected(docker::refusal(answer->status, answer->body, "list containers"));
  }
  auto list = docker::decode_container_list(answer->body);
  if (!list) return tl::unexpected(list.error());
  return std::move(list->containers);
}

Result<bool> DevEngine::is_running(const ContainerId& container, Coroutine& coroutine) {
  const Result<EngineAnswer> answer =
      client_.ask({.method = "GET",
                   .target = fmt::format("/containers/{}/json", container.str()),
                   .body = {},
                   .doing = "inspect a container",
                   .patience = CallTimes::of(kPatience)},
                  coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kNotFound) return false;
  return decode_json(
      answer->body, {.bytes_max = docker::EngineClient::kAnswerBytesMax}, ErrorCode::kCorrupt,
      [](JsonObject& in) {
        JsonObject state = in.required("State").object();
        const bool runs = state.required("Running").boolean().value_or(false);
        return std::optional(runs && !state.optional("Paused").boolean().value_or(false));
      });
}

Result<void> DevEngine::change(std::string_view method, const ContainerId& container,
                               std::string_view verb, std::string_view words,
                               Coroutine& coroutine) {
  const std::string doing = fmt::format("{} container '{}'", words, container.str().substr(0, 12));
  const Result<EngineAnswer> answer =
      client_.ask({.method = method,
                   .target = fmt::format("/containers/{}{}", container.str(), verb),
                   .body = {},
                   .doing = doing,
                   .patience = CallTimes::of(kPatience)},
                  coroutine);
  if (!answer) return tl::unexpected(answer.error());
  // 404: it is gone. 409: it has ended, is in that state already, or is being removed.
  if (answer->status < 400 || answer->status == kNotFound || answer->status == kConflict) return {};
  return tl::unexpected(docker::refusal(answer->status, answer->body, doing));
}

Result<void> DevEngine::signal(const ContainerId& container, std::string_view name,
                               Coroutine& coroutine) {
  return change("POST", container, fmt::format("/kill?signal={}", name), "signal", coroutine);
}
Result<void> DevEngine::kill(const ContainerId& container, Coroutine& coroutine) {
  return change("POST", container, "/kill", "kill", coroutine);
}
Result<void> DevEngine::pause(const ContainerId& container, Coroutine& coroutine) {
  return change("POST", container, "/pause", "pause", coroutine);
}
Result<void> DevEngine::unpause(const ContainerId& container, Coroutine& coroutine) {
  return change("POST", container, "/unpause", "unpause", coroutine);
}
Result<void> DevEngine::remove(const ContainerId& container, Coroutine& coroutine) {
  return change("DELETE", container, "?force=1&v=1", "remove", coroutine);
}

Result<void> with_engine(const std::filesystem::path& socket,
                         const std::function<Result<void>(DevEngine&, Coroutine&)>& work) {
  boost::asio::io_context loop(1);
  std::optional<Result<void>> outcome;
  start_coroutine(loop, [&](Coroutine& coroutine) {
    DevEngine engine(loop, socket);
    outcome = work(engine, coroutine);
    engine.close();
  });
  loop.run();
  HEARTH_CHECK(outcome.has_value());
  return *std::move(outcome);
}

Result<std::filesystem::path> parse_docker_host(std::string_view text) {
  constexpr std::string_view kScheme = "unix://";
  if (text.starts_with(kScheme) && text.size() > kScheme.size()) {
    return std::filesystem::path(text.substr(kScheme.size()));
  }
  return fail(ErrorCode::kInvalidArgument,
              "must be unix:///PATH: Hearth uses the engine of this machine, through its socket");
}

}  // namespace hearth::cli
