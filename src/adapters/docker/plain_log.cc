#include "adapters/docker/plain_log.h"

#include <fmt/format.h>

#include "adapters/docker/container_target.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_codec.h"
#include "adapters/docker/log_frames.h"

namespace hearth::docker {
namespace {

/// How often a log reader that is full is asked whether it can take more.
constexpr Duration kReaderLook = std::chrono::milliseconds(10);
constexpr std::size_t kRefusalBytesMax = 64 * 1024;

}  // namespace

Result<void> PlainLog::read(const LogRequest& request, const ChunkSink& sink,
                            Coroutine& coroutine) {
  const std::string doing = container_words("send the log of", request.container);
  const Duration answer = timeouts_.answer;
  const Duration piece_limit = request.follow ? timeouts_.log_check : answer;
  auto stream =
      client_.open({.method = "GET",
                    .target = container_target(request.container, "/logs?" + log_query(request)),
                    .body = {},
                    .doing = doing,
                    .patience = {answer, piece_limit, kForEver}},
                   coroutine);
  if (!stream) return tl::unexpected(stream.error());
  if (stream->status() != 200) {
    const auto body = stream->rest(kRefusalBytesMax, coroutine);
    if (!body) return tl::unexpected(body.error());
    return tl::unexpected(refusal(stream->status(), *body, doing));
  }

  LogFrames frames;
  const auto wanted = [&](std::string_view chunk) { return !closed_ && sink(chunk); };
  const auto take = [&](const LogFrames::Piece& output) { return wanted(output.content); };
  Sleeper rest(loop_);
  for (;;) {
    while (request.ready && !request.ready()) {
      if (!wanted({})) return {};
      rest.sleep(kReaderLook, coroutine);
    }
    const auto piece = stream->next(coroutine);
    if (!piece && request.follow && piece.error().code == ErrorCode::kTimeout) {
      if (!wanted({})) return {};
      continue;
    }
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) break;
    const auto verdict = frames.feed(*piece, take);
    if (!verdict) return tl::unexpected(verdict.error());
    if (*verdict == LogFrames::Verdict::kEnded) return {};
  }
  if (frames.whole()) return {};
  return fail(ErrorCode::kCorrupt, "the Docker engine ended a log in the middle of a frame");
}

}  // namespace hearth::docker
