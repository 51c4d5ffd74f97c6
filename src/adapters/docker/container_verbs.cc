#include "adapters/docker/container_verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/docker/log_frames.h"
#include "adapters/http/transfer_pace.h"
#include "base/check.h"
#include "base/duration_text.h"
#include "wire/percent_coding.h"

namespace hearth::docker {
namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kCreated = 201;
constexpr unsigned kNoContent = 204;
constexpr unsigned kNotModified = 304;
constexpr unsigned kMissing = 404;
constexpr unsigned kConflicting = 409;

constexpr std::size_t kRefusalBytesMax = 64 * 1024;
/// The engine ends a command's output a moment before it knows how the command ended.
constexpr Duration kExecLookMin = std::chrono::milliseconds(10);
constexpr Duration kExecLookMax = std::chrono::milliseconds(250);

tl::unexpected<Error> refused(const EngineAnswer& answer, std::string_view doing) {
  return tl::unexpected(refusal(answer.status, answer.body, doing));
}

std::string exec_words(const ExecRequest& request) {
  return container_words(fmt::format("run '{}' in", request.command.front()), request.container);
}

/// An engine that does not answer a question about a command is not a command that takes too long.
Error without_timeout(Error error) {
  if (error.code == ErrorCode::kTimeout) error.code = ErrorCode::kUnavailable;
  return error;
}

/// Whether the engine could not run the command, rather than that it ran and returned this.
bool is_unrunnable(int code, std::string_view output) {
  return (code == 126 || code == 127) && output.find("exec failed") != std::string_view::npos;
}

/// For the container, if nothing is remembered of it. Whatever is forgotten for it is asked again,
/// or was of a container that is long gone.
template <class Value>
void make_room(std::map<ContainerId, Value>& remembered, const ContainerId& container) {
  if (remembered.size() < ContainerVerbs::kRemembered || remembered.contains(container)) return;
  remembered.erase(remembered.begin());
}

}  // namespace

Result<EngineAnswer> ContainerVerbs::ask(std::string_view method, std::string target,
                                         std::string body, std::string doing, Duration patience,
                                         Coroutine& coroutine) {
  return client_.ask({.method = method,
                      .target = std::move(target),
                      .body = std::move(body),
                      .doing = std::move(doing),
                      .patience = http::CallTimes::of(patience)},
                     coroutine);
}

Result<EngineAnswer> ContainerVerbs::query(std::string target, std::string doing,
                                           Coroutine& coroutine) {
  return ask("GET", std::move(target), {}, std::move(doing), config_.timeouts.inspection,
             coroutine);
}

// Create. -----------------------------------------------------------------------------------------

/// The name shown to users of the engine. Its random end keeps a create whose answer was lost from
/// blocking the next one.
std::string ContainerVerbs::container_name(const InstanceId& instance) {
  return fmt::format("hearth.{}.{}.{:08x}", config_.node.str(), instance.str(), name_suffix_());
}

/// The image of a reference is asked for once: a restart must cost no more than a start.
Result<std::string> ContainerVerbs::image_id_of(const ContainerRequest& request,
                                                Coroutine& coroutine) {
  const auto known = image_ids_.find(request.image);
  if (known != image_ids_.end()) return known->second;
  const std::string doing =
      fmt::format("create a container of '{}' for '{}'", request.image, request.instance.str());
  const auto answer = ask("GET", fmt::format("/images/{}/json", percent_encode(request.image)), {},
                          doing, config_.timeouts.answer, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return refused(*answer, doing);
  auto id = decode_image_id(answer->body);
  if (!id) return id;
  if (image_ids_.size() >= kRemembered) image_ids_.clear();
  image_ids_.insert_or_assign(request.image, *id);
  return id;
}

Result<ContainerId> ContainerVerbs::create(const ContainerRequest& request, Coroutine& coroutine) {
  constexpr int kTries = 2;
  for (int attempt = 1;; ++attempt) {
    const auto image = image_id_of(request, coroutine);
    if (!image) return tl::unexpected(image.error());
    auto created = create_from(*image, request, coroutine);
    if (created || attempt == kTries) return created;
    const ErrorCode code = created.error().code;
    // The image was removed, and perhaps loaded again; or the container's name is in use.
    if (code == ErrorCode::kNotFound) image_ids_.erase(request.image);
    if (code != ErrorCode::kNotFound && code != ErrorCode::kConflict) return created;
  }
}

Result<ContainerId> ContainerVerbs::create_from(const std::string& image,
                                                const ContainerRequest& request,
                                                Coroutine& coroutine) {
  const std::string doing =
      fmt::format("create a container of '{}' for '{}'", request.image, request.instance.str());
  const auto answer =
      ask("POST", "/containers/create?name=" + percent_encode(container_name(request.instance)),
          encode_container({config_.node, config_.cluster}, config_.network, image, request), doing,
          config_.timeouts.change, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kCreated) return refused(*answer, doing);
  auto id = decode_new_id(answer->body);
  if (!id) return tl::unexpected(id.error());
  ContainerId container{*std::move(id)};
  if (const auto limit = request.spec.resources.memory_bytes; limit != 0) {
    make_room(memory_limits_, container);
    memory_limits_.insert_or_assign(container, limit);
  }
  return container;
}

std::optional<CgroupFiles> ContainerVerbs::files_of(const ContainerId& container) const {
  const auto known = cgroup_files_.find(container);
  if (known != cgroup_files_.end()) return known->second;
  return CgroupFiles::guess({config_.cgroup_root, config_.proc_root}, container);
}

std::optional<std::uint64_t> ContainerVerbs::memory_limit_of(const ContainerId& container) const {
  const auto known = memory_limits_.find(container);
  return known == memory_limits_.end() ? std::nullopt : std::optional(known->second);
}

// Start, stop, remove. ----------------------------------------------------------------------------

Result<void> ContainerVerbs::start(const ContainerId& container, Coroutine& coroutine) {
  const std::string doing = container_words("start", container);
  const auto answer = ask("POST", container_target(container, "/start"), {}, doing,
                          config_.timeouts.change, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kNoContent || answer->status == kNotModified) return {};
  return refused(*answer, doing);
}

Result<void> ContainerVerbs::stop(const ContainerId& container, Duration grace,
                                  Coroutine& coroutine) {
  const std::string doing = container_words("stop", container);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(grace);
  const auto answer =
      ask("POST", container_target(container, fmt::format("/stop?t={}", seconds.count())), {},
          doing, seconds + config_.timeouts.stop, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kNoContent || answer->status == kNotModified ||
      answer->status == kMissing) {
    return {};
  }
  return refused(*answer, doing);
}

Result<void> ContainerVerbs::remove(const ContainerId& container, Coroutine& coroutine) {
  const std::string doing = container_words("remove", container);
  execs_left_.erase(container);
  cgroup_files_.erase(container);
  memory_limits_.erase(container);
  // v: with the volumes that its image declares, which could not be found again.
  const auto answer = ask("DELETE", container_target(container, "?force=1&v=1"), {}, doing,
                          config_.timeouts.change, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kNoContent || answer->status == kMissing) return {};
  const bool in_progress =
      answer->status == kConflicting && answer->body.find("in progress") != std::string::npos;
  if (in_progress) return {};
  return refused(*answer, doing);
}

// Inspect. ----------------------------------------------------------------------------------------

Result<InspectedContainer> ContainerVerbs::inspect(const ContainerId& container,
                                                   Coroutine& coroutine) {
  const std::string doing = container_words("inspect", container);
  const auto answer = query(container_target(container, "/json"), doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return refused(*answer, doing);
  auto inspected = decode_details(answer->body);
  if (inspected && inspected->details.memory_limit_bytes != 0) {
    make_room(memory_limits_, container);
    memory_limits_.insert_or_assign(container, inspected->details.memory_limit_bytes);
  }
  return inspected;
}

Result<std::optional<ContainerExit>> ContainerVerbs::exit_of(const ContainerId& container,
                                                             Coroutine& coroutine) {
  const std::string doing = container_words("inspect", container);
  const auto answer = query(container_target(container, "/json"), doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return refused(*answer, doing);
  return decode_exit(answer->body);
}

Result<ContainerUsage> ContainerVerbs::usage(const ContainerId& container, Coroutine& coroutine) {
  const auto read = [&](const CgroupFiles& files) {
    return files_.run([files] { return files.usage(); }, coroutine);
  };
  if (const auto known = cgroup_files_.find(container); known != cgroup_files_.end()) {
    if (const auto usage = read(known->second)) return *usage;
    cgroup_files_.erase(container);
  }
  const auto inspected = inspect(container, coroutine);
  if (!inspected) return tl::unexpected(inspected.error());
  const std::string doing = container_words("report the use of", container);
  if (inspected->pid == 0) {
    return fail(ErrorCode::kConflict, fmt::format("cannot {}: it does not run", doing));
  }
  const CgroupFiles::Roots roots{config_.cgroup_root, config_.proc_root};
  const auto files =
      files_.run([&] { return CgroupFiles::find(roots, container, inspected->pid); }, coroutine);
  if (files) {
    if (const auto usage = read(*files)) {
      make_room(cgroup_files_, container);
      cgroup_files_.insert_or_assign(container, *files);
      return *usage;
    }
  }
  const auto answer =
      query(container_target(container, "/stats?stream=false&one-shot=true"), doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return refused(*answer, doing);
  return decode_usage(answer->body);
}

// Run a command. ----------------------------------------------------------------------------------

Result<ExecResult> ContainerVerbs::exec(const ExecRequest& request, Coroutine& coroutine) {
  HEARTH_CHECK(!request.command.empty() && request.timeout > Duration::zero());
  const http::Countdown whole(request.timeout);
  if (auto room = expect_room(request.container, coroutine); !room) {
    return tl::unexpected(room.error());
  }
  const auto exec = prepare_exec(request, coroutine);
  if (!exec) return tl::unexpected(exec.error());
  ExecResult result;
  const auto ended = run_exec(*exec, request, result.output, coroutine);
  if (!ended && ended.error().code != ErrorCode::kTimeout) return tl::unexpected(ended.error());
  const auto code = await_exec(*exec, request, whole.left(), coroutine);
  if (!code) return tl::unexpected(code.error());
  result.code = *code;
  if (is_unrunnable(result.code, result.output)) {
    return tl::unexpected(failure(result.output, exec_words(request)));
  }
  return result;
}

/// The engine cannot end a command. Without a bound, a check that hangs would fill its container
/// with processes until that cannot start its own.
Result<void> ContainerVerbs::expect_room(const ContainerId& container, Coroutine& coroutine) {
  const auto known = execs_left_.find(container);
  if (known == execs_left_.end()) return {};
  for (const std::string& exec : std::vector(known->second)) {
    const auto code = exec_code(exec, coroutine);
    if (!code && code.error().code != ErrorCode::kNotFound) return tl::unexpected(code.error());
    // Others of this container can have been added or forgotten since it was asked.
    const bool has_ended = !code || *code;
    if (has_ended && execs_left_.contains(container)) std::erase(execs_left_[container], exec);
  }
  const auto left = execs_left_.find(container);
  const std::size_t count = left == execs_left_.end() ? 0 : left->second.size();
  if (left != execs_left_.end() && count == 0) execs_left_.erase(left);
  if (count < kExecsLeftMax) return {};
  return fail(ErrorCode::kExhausted,
              fmt::format("{} commands that outlived their timeouts still run in container '{}'; "
                          "no more are run there until one of them ends",
                          count, container.str().substr(0, 12)));
}

Result<std::string> ContainerVerbs::prepare_exec(const ExecRequest& request, Coroutine& coroutine) {
  const std::string doing = exec_words(request);
  const auto answer = ask("POST", container_target(request.container, "/exec"),
                          encode_exec(request.command), doing, config_.timeouts.answer, coroutine);
  if (!answer) return tl::unexpected(without_timeout(answer.error()));
  if (answer->status != kCreated) return refused(*answer, doing);
  return decode_new_id(answer->body);
}

/// Returns at the end of its output. kTimeout: it is still open.
Result<void> ContainerVerbs::run_exec(const std::string& exec, const ExecRequest& request,
                                      std::string& output, Coroutine& coroutine) {
  const std::string doing = exec_words(request);
  auto stream = client_.open({.method = "POST",
                              .target = fmt::format("/exec/{}/start", percent_encode(exec)),
                              .body = R"({"Detach":false,"Tty":false})",
                              .doing = doing,
                              .patience = http::CallTimes::of(request.timeout)},
                             coroutine);
  if (!stream) return tl::unexpected(stream.error());
  if (stream->status() != kOk) {
    const auto body = stream->rest(kRefusalBytesMax, coroutine);
    if (!body) return tl::unexpected(without_timeout(body.error()));
    Error error = refusal(stream->status(), *body, doing);
    if (error.code == ErrorCode::kInvalidArgument) error.code = ErrorCode::kFailed;
    return tl::unexpected(std::move(error));
  }
  return read_exec_output(*stream, output, coroutine);
}

/// All of it is read, or the command would wait; its start is kept.
Result<void> ContainerVerbs::read_exec_output(AnswerStream& stream, std::string& output,
                                              Coroutine& coroutine) {
  LogFrames frames;
  const auto keep = [&output](const LogFrames::Piece& piece) {
    output += piece.content.substr(0, kExecOutputBytesMax - output.size());
    return true;
  };
  for (;;) {
    const auto piece = stream.next(coroutine);
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) return {};
    if (auto taken = frames.feed(*piece, keep); !taken) return tl::unexpected(taken.error());
  }
}

Result<std::optional<int>> ContainerVerbs::exec_code(const std::string& exec,
                                                     Coroutine& coroutine) {
  constexpr std::string_view kDoing = "report how a command ended";
  const auto answer =
      query(fmt::format("/exec/{}/json", percent_encode(exec)), std::string(kDoing), coroutine);
  if (!answer) return tl::unexpected(without_timeout(answer.error()));
  if (answer->status != kOk) return refused(*answer, kDoing);
  return decode_exec(answer->body);
}

/// Its exit code, within the time left; a last look is taken also if none is. A command that has
/// closed its output can go on, and one whose children keep the output open can have ended.
Result<int> ContainerVerbs::await_exec(const std::string& exec, const ExecRequest& request,
                                       Duration left, Coroutine& coroutine) {
  const http::Countdown countdown(left);
  Sleeper rest(loop_);
  for (Duration look = kExecLookMin;; look = std::min(2 * look, kExecLookMax)) {
    const auto code = exec_code(exec, coroutine);
    if (!code) return tl::unexpected(code.error());
    if (*code) return **code;
    if (countdown.left() == Duration::zero()) return tl::unexpected(outlived(exec, request));
    rest.sleep(std::min(look, countdown.left()), coroutine);
  }
}

Error ContainerVerbs::outlived(const std::string& exec, const ExecRequest& request) {
  make_room(execs_left_, request.container);
  execs_left_[request.container].push_back(exec);
  return {ErrorCode::kTimeout,
          fmt::format("'{}' did not end within {} in container '{}', and may go on there",
                      request.command.front(), show_duration(request.timeout),
                      request.container.str().substr(0, 12))};
}

}  // namespace hearth::docker
