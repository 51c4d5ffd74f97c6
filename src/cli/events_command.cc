#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "cli/client/api_views.h"
#include "cli/client/sse_reader.h"
#include "cli/command.h"
#include "wire/event_codec.h"

namespace hearth::cli {
namespace {

constexpr std::uint64_t kShownByDefault = 50;
constexpr auto kRetryInterval = std::chrono::seconds(1);

Paint paint_of(EventType type) {
  switch (type) {
    case EventType::kNodeLive:
    case EventType::kNodeRecovered:
    case EventType::kBusSeeing:
    case EventType::kWorkloadDeployed:
    case EventType::kInstanceStarted: return Paint::kGood;
    case EventType::kNodeSuspect:
    case EventType::kNodeNoticed:
    case EventType::kInstancePending:
    case EventType::kInstanceNoticed:
    case EventType::kInstanceExited: return Paint::kWarning;
    case EventType::kBusBlind:
    case EventType::kNodeUnreachable:
    case EventType::kNodeAgentDown:
    case EventType::kNodeDead:
    case EventType::kNodeRecoveryFailed:
    case EventType::kNodeQuarantined:
    case EventType::kWorkloadDegraded:
    case EventType::kWorkloadFailed:
    case EventType::kInstanceCrashLoop:
    case EventType::kInstanceLost: return Paint::kBad;
    case EventType::kManagerStarted:
    case EventType::kNodeImported:
    case EventType::kNodePowerOff:
    case EventType::kNodePowerOn:
    case EventType::kWorkloadDeploying:
    case EventType::kWorkloadBuilt:
    case EventType::kWorkloadStopped:
    case EventType::kWorkloadRemoved:
    case EventType::kInstancePlaced:
    case EventType::kInstanceStopped: break;
  }
  return Paint::kPlain;
}

class EventsCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "events",
        .summary = "Show what happened: node deaths, restarts, moves, deploys.",
        .details =
            "The last 50, or all since a time. Times are UTC. As JSON: one CloudEvent per line.",
        .examples = {{"hearth events", "the last 50"},
                     {"hearth events -f", "the last 50, then new ones"},
                     {"hearth events --since 10m", "the last ten minutes"},
                     {"hearth events --since 2026-03-01T09:00:00Z -o json", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.flag({"-f,--follow", "", "then print new events"}, follow_);
    arguments.value({"--since", "TIME", "start at this time: 10m (ago), or 2026-03-01T09:00:00Z"},
                    since_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<std::optional<WallTime>> since = since_time(session.now());
    if (!since) return tl::unexpected(since.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    Result<std::uint64_t> after = since->has_value() ? Result<std::uint64_t>(0) : recent(*api);
    if (!after) return tl::unexpected(after.error());
    const auto pages = api->get_pages(fmt::format("/v1/events?limit=500&after={}", *after));
    if (!pages) return tl::unexpected(pages.error());
    const auto items = split_items(*pages);
    if (!items) return tl::unexpected(items.error());
    std::uint64_t last = *after;
    for (const std::string& item : *items) {
      const Result<ClusterEvent> event = decode_cluster_event(item);
      if (event) last = std::max(last, event->seq);
      if (event && *since && event->at < **since) continue;
      print(item, event, session.terminal);
    }
    if (!follow_) return ExitCode::kOk;
    return follow(*api, last, session);
  }

 private:
  Result<std::optional<WallTime>> since_time(WallTime now) const {
    if (!since_) return std::optional<WallTime>();
    const Result<WallTime> time = parse_since(*since_, now);
    if (!time) return tl::unexpected(time.error());
    return std::optional(*time);
  }

  /// The sequence number just before the last `kShownByDefault` events.
  static Result<std::uint64_t> recent(const ApiClient& api) {
    const Result<std::string> status = api.get("/v1/status");
    if (!status) return tl::unexpected(status.error());
    const Result<StatusView> view = decode_status(*status);
    if (!view) return tl::unexpected(view.error());
    return view->last_event_seq > kShownByDefault ? view->last_event_seq - kShownByDefault : 0;
  }

  /// Reconnects without limit; ends only by an error, or when the output cannot be written, which
  /// the caller reports.
  Result<ExitCode> follow(const ApiClient& api, std::uint64_t last, Session& session) const {
    SseReader reader;
    std::string last_id = std::to_string(last);
    bool reported = false;
    for (;;) {
      const ChunkSink sink = [&](std::string_view bytes) {
        reader.feed(bytes, [&](const SseReader::Message& message) {
          print(message.data, decode_cluster_event(message.data), session.terminal);
          last_id = message.id;
          reported = false;
        });
        return session.terminal.takes_more();
      };
      const Result<void> ended = api.stream(
          "/v1/events", {{"Accept", "text/event-stream"}, {"Last-Event-ID", last_id}}, sink);
      if (!session.terminal.takes_more()) return ExitCode::kOk;
      if (!ended && ended.error().code != ErrorCode::kUnavailable &&
          ended.error().code != ErrorCode::kFailed) {
        return tl::unexpected(ended.error());
      }
      if (!std::exchange(reported, true)) {
        session.terminal.note(
            fmt::format("the manager at {} does not answer; retrying", api.url()));
      }
      reader = SseReader();
      std::this_thread::sleep_for(kRetryInterval);
    }
  }

  void print(const std::string& item, const Result<ClusterEvent>& event, Terminal& terminal) const {
    if (output_ == OutputFormat::kJson || !event) {  // An event of a newer manager: as it is.
      terminal.say_json(item);
      return;
    }
    terminal.say(fmt::format(
        "{}  {}  {:<22}  {}", terminal.painted(Paint::kDim, show_time(event->at)),
        terminal.painted(paint_of(event->type), fmt::format("{:<19}", name_of(event->type))),
        printable(event->subject), printable(event->message)));
  }

  bool follow_ = false;
  std::optional<std::string> since_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_events_command() {
  return std::make_unique<EventsCommand>();
}

}  // namespace hearth::cli
