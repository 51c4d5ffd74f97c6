#include "adapters/docker/plain_log.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

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

/// What a container wrote: in frames, or plain if it has a terminal. The engine does not say which,
/// but the head of a frame begins with a small number and three zeros, as no text does.
class Output {
 public:
  using Sink = std::function<bool(std::string_view chunk)>;
  using Verdict = LogFrames::Verdict;

  explicit Output(Sink sink) : sink_(std::move(sink)) {}

  Result<Verdict> feed(std::string_view bytes) {
    if (kind_ == Kind::kPlain) return pass_on(bytes);
    if (kind_ == Kind::kFrames) return take_frames(bytes);
    begin_ += bytes;
    if (!looks_framed(begin_)) {
      kind_ = Kind::kPlain;
      return pass_on(begin_);
    }
    if (begin_.size() < kHeadBegin.size() + 1) return Verdict::kGoOn;
    kind_ = Kind::kFrames;
    return take_frames(begin_);
  }

  bool is_whole() const { return kind_ == Kind::kUnknown ? begin_.empty() : frames_.whole(); }

 private:
  enum class Kind : std::uint8_t { kUnknown, kFrames, kPlain };
  static constexpr std::string_view kHeadBegin{"\0\0\0", 3};  ///< After the channel.

  static bool looks_framed(std::string_view begin) {
    constexpr char kChannelMax = 3;
    return begin.empty() || (begin[0] >= 0 && begin[0] <= kChannelMax &&
                             kHeadBegin.starts_with(begin.substr(1, kHeadBegin.size())));
  }

  Result<Verdict> take_frames(std::string_view bytes) {
    return frames_.feed(bytes,
                        [this](const LogFrames::Piece& piece) { return sink_(piece.content); });
  }

  /// Without the carriage return that the terminal puts before each line end.
  Result<Verdict> pass_on(std::string_view bytes) {
    std::string text = std::exchange(held_back_, "");
    for (const char next : bytes) {
      if (next == '\n' && text.ends_with('\r')) text.pop_back();
      text += next;
    }
    if (text.ends_with('\r')) {
      text.pop_back();
      held_back_ = '\r';
    }
    return text.empty() || sink_(text) ? Verdict::kGoOn : Verdict::kEnded;
  }

  Sink sink_;
  Kind kind_ = Kind::kUnknown;
  std::string begin_;      ///< Of a stream of which the kind is not known yet.
  std::string held_back_;  ///< A carriage return at the end of a piece.
  LogFrames frames_;
};

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

  const auto wanted = [&](std::string_view chunk) { return !closed_ && sink(chunk); };
  Output output(wanted);
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
    const auto verdict = output.feed(*piece);
    if (!verdict) return tl::unexpected(verdict.error());
    if (*verdict == Output::Verdict::kEnded) return {};
  }
  if (output.is_whole()) return {};
  return fail(ErrorCode::kCorrupt, "the Docker engine ended a log in the middle of a frame");
}

}  // namespace hearth::docker
