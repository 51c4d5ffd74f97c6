#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/docker/docker_runtime_fixture.h"
#include "adapters/docker/log_follower.h"
#include "adapters/docker/log_text_fixture.h"

namespace hearth::docker {

/// The log of one container, as a scripted engine sends it: snapshots, and one followed log at a
/// time.
class ScriptedLog {
 public:
  struct Piece {
    char channel = 1;
    std::int64_t stamp = 0;
    std::string text;  ///< With its line end.
  };

  explicit ScriptedLog(FakeEngine& engine) : engine_(engine) {
    engine_.on_request(kInspect, [this](const auto&) { return inspection(); });
    engine_.on_request(kLogs, [this](const FakeEngine::Request& request) { return send(request); });
  }

  /// Writes a line that is sent to whoever follows.
  void out(std::int64_t stamp, std::string_view text) { write({1, stamp, std::string(text)}); }
  void err(std::int64_t stamp, std::string_view text) { write({2, stamp, std::string(text)}); }
  void write(const Piece& piece) {
    pieces.push_back(piece);
    if (followed && !silent) engine_.send(kLogs, chunk(bytes_of(piece)));
  }
  /// The same, to the file only.
  void write_unseen(const Piece& piece) { pieces.push_back(piece); }
  /// Sends a piece that is not in the file.
  void send_again(const Piece& piece) { engine_.send(kLogs, chunk(bytes_of(piece))); }
  void break_off() {
    followed = false;
    engine_.hang_up(kLogs);
  }
  /// Ends the followed log as if it were at its end.
  void end_regularly() {
    followed = false;
    engine_.send(kLogs, "0\r\n\r\n");
  }
  void rotate(std::size_t lost) {
    pieces.erase(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(lost));
  }

  static inline const std::string kInspect = "/containers/" + std::string(kId) + "/json";
  static inline const std::string kLogs = "/containers/" + std::string(kId) + "/logs";

  std::deque<Piece> pieces;
  bool running = true;
  bool gone = false;
  bool terminal = false;
  std::string run = "1";
  std::string log_options = "{}";
  std::optional<std::size_t> damaged;  ///< The piece that cannot be read.
  bool damage_is_silent = false;       ///< The engine hangs up there instead of saying why.
  std::string refusal;                 ///< The whole answer to any reading.
  bool silent = false;                 ///< The followed log gets nothing.
  bool followed = false;
  int snapshots = 0;
  int follows = 0;
  std::vector<std::string> tails;

 private:
  FakeEngine::Reply inspection() const {
    if (gone) return {answer(404, R"({"message":"No such container"})")};
    return {answer(200, fmt::format(R"({{"State":{{"Running":{},"StartedAt":"{}","FinishedAt":""}},
                "Config":{{"Tty":{}}},"HostConfig":{{"LogConfig":{{"Type":"json-file","Config":{}}}}}}})",
                                    running, run, terminal, log_options))};
  }

  std::string bytes_of(const Piece& piece) const {
    return terminal ? stamp_text(piece.stamp) + " " + piece.text
                    : log_frame(piece.channel, piece.stamp, piece.text);
  }

  FakeEngine::Reply send(const FakeEngine::Request& request) {
    if (gone) return {answer(404, R"({"message":"No such container"})")};
    if (!refusal.empty()) return {refusal};
    const bool follow = request.path.find("follow=1") != std::string::npos;
    ++(follow ? follows : snapshots);
    const std::string tail = request.path.substr(request.path.find("tail=") + 5);
    tails.push_back(tail);
    const std::size_t count = tail == "all" ? pieces.size() : std::stoul(tail);
    const std::size_t first = pieces.size() - std::min(count, pieces.size());
    std::string bytes = chunked_head();
    for (std::size_t i = first; i < pieces.size(); ++i) {
      if (damaged == i && damage_is_silent) return {bytes, FakeEngine::Then::kHangUp};
      if (damaged == i) return {bytes + chunk(trouble()) + "0\r\n\r\n"};
      bytes += chunk(bytes_of(pieces[i]));
    }
    if (!follow || !running) return {bytes + "0\r\n\r\n"};
    followed = true;
    return {bytes, FakeEngine::Then::kHold};
  }

  static std::string trouble() {
    const std::string words = "Error grabbing logs: invalid character 'x' in literal\n";
    return std::string("\3\0\0\0\0\0\0", 7) + static_cast<char>(words.size()) + words;
  }

  FakeEngine& engine_;
};

/// Follows a scripted log and records everything that comes.
class LogFollowerTest : public DockerRuntimeTest {
 protected:
  using State = LogReaderState::Kind;

  void SetUp() override {
    DockerConfig quick = config();
    quick.timeouts.log_quiet = 10s;
    quick.timeouts.log_rest = 20ms;
    quick.timeouts.log_unreadable = 20ms;
    recreate(quick);
  }
  void TearDown() override {
    follower.reset();
    DockerRuntimeTest::TearDown();
  }

  ContainerRuntime::LogHandlers handlers() {
    return {.on_lines =
                [this](const LogBatch& batch) {
                  for (const LogLine& line : batch.lines) add(line, batch.caught_up);
                  cursor = batch.cursor;
                  ++batches;
                  if (on_batch) on_batch();
                },
            .on_gap = [this](const LogGap& gap) { gaps.push_back(gap); },
            .on_state = [this](const LogReaderState& state) { states.push_back(state); }};
  }
  void add(const LogLine& line, bool caught_up) {
    const std::string text = std::string(line.stream == LogStream::kStderr ? "e " : "o ") +
                             std::string(line.text) + (line.truncated ? "…" : "");
    (caught_up ? fresh : history).push_back(text);
    lines.push_back(text);
  }
  void follow(std::optional<LogCursor> after = {}) {
    follower = runtime->follow_log({.container = kContainer, .after = after}, handlers());
  }
  bool reached(State kind) const { return !states.empty() && states.back().kind == kind; }
  /// Caught up, and the engine holds the followed log.
  void run_until_followed() {
    run_until([&] { return reached(State::kCaughtUp) && log.followed; });
  }
  void run_until_lines(std::size_t count) {
    run_until([&] { return lines.size() >= count; });
  }
  std::vector<State> kinds() const {
    std::vector<State> kinds;
    for (const LogReaderState& state : states) kinds.push_back(state.kind);
    return kinds;
  }

  ScriptedLog log{engine};
  std::unique_ptr<LogFollower> follower;
  std::vector<std::string> lines;    ///< "o text" or "e text".
  std::vector<std::string> history;  ///< Those that came while catching up.
  std::vector<std::string> fresh;    ///< The others.
  std::vector<LogGap> gaps;
  std::vector<LogReaderState> states;
  LogCursor cursor;
  int batches = 0;
  std::function<void()> on_batch;
};

}  // namespace hearth::docker
