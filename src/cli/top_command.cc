#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "cli/command.h"
#include "cli/terminal/live_screen.h"
#include "cli/top_view.h"

namespace hearth::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration kIntervalMin = 200ms;
constexpr Duration kIntervalMax = 1h;

Result<TopSample> look(const ApiClient& api, WallTime now) {
  const auto node_pages = api.get_pages("/v1/nodes");
  if (!node_pages) return tl::unexpected(node_pages.error());
  auto nodes = decode_nodes(*node_pages);
  if (!nodes) return tl::unexpected(nodes.error());
  const auto instance_pages = api.get_pages("/v1/instances");
  if (!instance_pages) return tl::unexpected(instance_pages.error());
  auto instances = decode_instances(*instance_pages);
  if (!instances) return tl::unexpected(instances.error());
  return TopSample{.nodes = *std::move(nodes), .instances = *std::move(instances), .at = now};
}

class TopCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "top",
            .summary = "Show what nodes and instances use, again and again.",
            .details =
                "What is wrong comes first. FULL IN: the time until its memory reaches its limit, "
                "if it goes on\ngrowing as it does. RST: restarts on its node. STALL: the share "
                "of time that tasks waited.\nThe keys m and c sort by memory and by CPU, q ends "
                "it. Output that is no terminal gets it once.",
            .examples = {{"hearth top", ""},
                         {"hearth top --sort cpu --interval 5s", ""},
                         {"hearth top --once | head", "the worst, in a script"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.value({"--interval", "TIME", "between two pictures (2s); 200ms to 1h"}, interval_);
    arguments.parsed({"--sort", "BY", "memory (share of the limit) or cpu", "memory cpu"},
                     parse_top_sort, sort_);
    arguments.flag({"--once", "", "show it once and end"}, once_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    if (interval_ < kIntervalMin || interval_ > kIntervalMax)
      return fail(ErrorCode::kInvalidArgument, "'--interval' must be from 200ms to 1h");
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    Result<TopSample> sample = look(*api, session.now());
    if (!sample) return tl::unexpected(sample.error());
    if (once_ || !session.terminal.style().out_is_terminal) return show_once(*sample, session);
    const Result<LiveScreen> screen = LiveScreen::open(STDIN_FILENO, STDOUT_FILENO);
    if (!screen) return show_once(*sample, session);
    return keep_showing(*screen, *api, *std::move(sample), session);
  }

 private:
  Result<ExitCode> show_once(const TopSample& sample, Session& session) const {
    const TopLayout layout{.columns = session.terminal.style().width, .sort = sort_};
    for (const std::string& line : top_lines(sample, layout, session.terminal, session.now()))
      session.terminal.say(line);
    return ExitCode::kOk;
  }

  Result<ExitCode> keep_showing(const LiveScreen& screen, const ApiClient& api, TopSample sample,
                                Session& session) {
    std::string fault;
    for (;;) {
      const WallTime now = session.now();
      draw(screen, sample, fault, now, session.terminal);
      using By = LiveScreen::Woken::By;
      const LiveScreen::Woken woken = screen.wait(interval_);
      switch (woken.by) {
        case By::kGone: return ExitCode::kOk;
        case By::kResize: break;
        case By::kKey:
          if (woken.key == 'q' || woken.key == 'Q') return ExitCode::kOk;
          if (woken.key == 'm') sort_ = TopSort::kMemory;
          if (woken.key == 'c') sort_ = TopSort::kCpu;
          break;
        case By::kTime:
          Result<TopSample> next = look(api, session.now());
          fault = next ? "" : next.error().message;
          if (next) sample = *std::move(next);
          break;
      }
    }
  }

  void draw(const LiveScreen& screen, const TopSample& sample, const std::string& fault,
            WallTime now, const Terminal& terminal) const {
    const ScreenSize size = screen.size();
    const TopLayout layout{
        .columns = size.columns,
        .rows = size.rows,
        .sort = sort_,
        .hint = fmt::format("sorted by {}   m memory   c cpu   q quit   every {}", name_of(sort_),
                            exact_duration(interval_)),
        .fault = fault.empty() ? "" : fmt::format("as of {}: {}", show_age(sample.at, now), fault)};
    screen.show(top_lines(sample, layout, terminal, now));
  }

  Duration interval_ = 2s;
  TopSort sort_ = TopSort::kMemory;
  bool once_ = false;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_top_command() {
  return std::make_unique<TopCommand>();
}

}  // namespace hearth::cli
