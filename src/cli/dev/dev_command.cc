#include "cli/dev/dev_command.h"

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "adapters/address/address_text.h"
#include "adapters/loop/coroutine.h"
#include "cli/dev/dev_cluster.h"
#include "cli/dev/dev_console.h"
#include "cli/dev/dev_state.h"
#include "cli/dev/observer.h"
#include "cli/dev/suggestions.h"
#include "cli/dev/tour.h"

namespace hearth::cli {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Sight = Observer::Sight;
using std::chrono::seconds;

constexpr Duration kReadyWithin = seconds(30);
constexpr Duration kLiveWithin = seconds(30);
constexpr int kInterrupted = 128 + SIGINT;
constexpr const char* kDockerHostDefault = "unix:///var/run/docker.sock";

enum class AfterTour : std::uint8_t { kStay, kLeave };

struct Plan {
  DevConfig config;
  std::optional<fs::path> tour_application;
  AfterTour after = AfterTour::kStay;
};

/// One run of `hearth dev`: the cluster on this thread's loop, and a second thread that observes it
/// from outside, as a user would.
class DevRun {
 public:
  DevRun(Plan plan, Session& session)
      : plan_(std::move(plan)), session_(session), console_(session.terminal), signals_(loop_) {}

  Result<ExitCode> run() {
    auto prepared = DevCluster::prepare(
        loop_, plan_.config,
        {.on_notice = [this](const std::string& words) { console_.tell(words, Paint::kWarning); },
         .on_broken =
             [this](const std::string& words) { finish(fail(ErrorCode::kFailed, words)); }});
    if (!prepared) return tl::unexpected(prepared.error());
    cluster_ = *std::move(prepared);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) signals_.add(number);
    await_signal();
    start_coroutine(loop_, [this](Coroutine& coroutine) { begin(coroutine); });
    loop_.run();
    front_ = std::jthread();  // Waits for it.
    return outcome_.value_or(static_cast<ExitCode>(kInterrupted));
  }

 private:
  void begin(Coroutine& coroutine) {
    console_.tell(fmt::format("starting a manager and {}; state in {}",
                              show_count(plan_.config.nodes, "dev node"),
                              cluster_->facts().state.string()));
    if (auto started = cluster_->start(coroutine); !started) {
      finish(tl::unexpected(started.error()));
      return;
    }
    if (stopping_) return;
    front_ = std::jthread([this] {
      auto outcome = look();
      asio::post(loop_, [this, outcome = std::move(outcome)] {
        if (!outcome || plan_.after == AfterTour::kLeave) {
          finish(outcome);
        } else {
          outcome_ = outcome;  // Stays up; the tour's outcome becomes the exit code.
        }
      });
    });
  }

  /// Runs on the second thread.
  Result<ExitCode> look() {
    const Observer observer(ApiClient(cluster_->facts().manager, ""), cluster_->facts(), stopping_);
    if (auto live = see_it_live(observer); !live) return tl::unexpected(live.error());
    bool seen = true;
    if (plan_.tour_application) seen = Tour(observer, console_, *plan_.tour_application).run();
    if (plan_.after == AfterTour::kStay && !stopping_) say_what_next(observer);
    return seen ? ExitCode::kOk : ExitCode::kFailed;
  }

  Result<void> see_it_live(const Observer& observer) {
    const auto ready = observer.wait(kReadyWithin, "a manager that is ready", [&]() -> Sight {
      const Result<std::string> answer = observer.api().get("/readyz");
      if (!answer) return {false, answer.error().message};
      return is_ours(observer);
    });
    if (!ready) return tl::unexpected(ready.error());
    console_.tell(fmt::format("the manager is ready at {}", observer.api().url()), Paint::kGood);
    const auto live = observer.wait(kLiveWithin, "all nodes live", [&]() -> Sight {
      const auto nodes = observer.nodes();
      if (!nodes) return {false, nodes.error().message};
      return all_live(*nodes, observer.facts().nodes);
    });
    if (!live) return tl::unexpected(live.error());
    asio::post(loop_, [this] { cluster_->ports_are_taken(); });
    console_.tell(*live, Paint::kGood);
    return {};
  }

  /// Another manager may have taken the port just after it was found free.
  static Sight is_ours(const Observer& observer) {
    const auto text = observer.api().get("/v1/status");
    if (!text) return {false, text.error().message};
    const auto status = decode_status(*text);
    if (!status) return {false, status.error().message};
    if (status->cluster == observer.facts().topic_prefix()) return {true, {}};
    return {false, fmt::format("the manager at {} is that of another cluster, '{}'",
                               observer.api().url(), printable(status->cluster))};
  }

  void say_what_next(const Observer& observer) {
    std::optional<WorkloadName> workload;
    if (plan_.tour_application) workload = tour_workload(*plan_.tour_application);
    const Suggestions suggestions =
        suggestions_for(observer.facts(), plan_.config.programs / "hearth", workload, session_);
    console_.say(
        fmt::format("\nHearth runs until Ctrl-C. Try next, in another terminal:\n  {}\n"
                    "Make a node hang, and watch it return:\n  {}\n",
                    fmt::join(suggestions.look, "\n  "), suggestions.freeze));
  }

  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (stopping_) {
        cluster_->hurry();
      } else {
        session_.terminal.say("");  // Ends the line on which the terminal shows ^C.
        finish(outcome_ ? *outcome_ : Result<ExitCode>(static_cast<ExitCode>(kInterrupted)));
      }
      await_signal();
    });
  }

  /// Ends everything. Does nothing when called again.
  void finish(Result<ExitCode> outcome) {
    if (stopping_.exchange(true)) return;
    outcome_ = std::move(outcome);
    console_.tell("stopping everything");
    start_coroutine(loop_, [this](Coroutine& coroutine) {
      cluster_->stop(coroutine);
      console_.tell("everything has ended");
      signals_.cancel();
    });
  }

  Plan plan_;
  Session& session_;
  DevConsole console_;
  asio::io_context loop_{1};
  asio::signal_set signals_;
  std::atomic<bool> stopping_ = false;
  std::optional<Result<ExitCode>> outcome_;
  std::unique_ptr<DevCluster> cluster_;
  std::jthread front_;
};

class DevCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "dev",
        .summary = "Run all of Hearth on this machine, with dev nodes.",
        .details =
            "Dev nodes share the machine's Docker engine and have a real power switch (hearth dev\n"
            "power). Ctrl-C stops everything that this command started, and nothing else. The\n"
            "next start runs what was deployed again; it requires as many nodes or more, or\n"
            "--fresh.",
        .examples = {{"hearth dev", "three nodes, until Ctrl-C"},
                     {"hearth dev --nodes 5 --state /tmp/five", "five, in a cluster of their own"},
                     {"hearth dev --kafka 127.0.0.1:9092", "with a real broker"},
                     {"hearth dev --tour --app ./heater --exit", "run the tour, then exit"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.value({"--nodes", "N", "number of dev nodes (3)"}, nodes_, 1, kDevNodesMax);
    arguments.value(
        {"--state", "DIR", "the state folder (~/.local/state/hearth/dev)", usage::kFolders},
        state_);
    arguments.parsed({"--kafka", "BROKERS", "embedded (the default), or HOST:PORT"},
                     parse_kafka_bootstrap, kafka_);
    arguments.value({"--docker", "URL", "the engine: unix:///PATH (DOCKER_HOST, or the machine's)"},
                    docker_);
    arguments.flag({"--tour", "", "show what Hearth does with an application"}, tour_);
    arguments.value(
        {"--app", "DIR", "the tour's application: a folder with a Dockerfile", usage::kFolders},
        app_);
    arguments.flag({"--fresh", "", "start over: forget the state of earlier runs"}, fresh_);
    arguments.flag({"--exit", "", "exit after the tour: 0 only if every step was observed"}, exit_);
  }
  Result<ExitCode> run(Session& session) override {
    Result<Plan> plan = this->plan(session);
    if (!plan) return tl::unexpected(plan.error());
    // The reader of our output (| tee, at a Ctrl-C) may end before everything here is stopped.
    std::signal(SIGPIPE, SIG_IGN);
    return DevRun(*std::move(plan), session).run().map_error(of_this_machine);
  }
  bool prints_an_answer() const override { return false; }

 private:
  Result<Plan> plan(const Session& session) const {
    const auto state = dev_state_folder(state_, session);
    if (!state) return tl::unexpected(state.error());
    const std::string docker =
        docker_.value_or(session.variable("DOCKER_HOST").value_or(kDockerHostDefault));
    const auto docker_socket = parse_docker_host(docker);
    if (!docker_socket) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the Docker engine '{}' {}", printable(docker),
                              docker_socket.error().message));
    }
    std::error_code ec;
    const fs::path self = fs::read_symlink("/proc/self/exe", ec);
    if (ec) return fail(ErrorCode::kFailed, "cannot find this program's path: " + ec.message());
    Plan plan{
        .config = {.state = *state,
                   .programs = self.parent_path(),
                   .docker_socket = *docker_socket,
                   .kafka = kafka_,
                   .nodes = nodes_,
                   .begin = fresh_ ? DevConfig::Begin::kAnew : DevConfig::Begin::kWhereItEnded},
        .after = exit_ ? AfterTour::kLeave : AfterTour::kStay};
    if (exit_ && !tour_) {
      return fail(ErrorCode::kInvalidArgument, "--exit exits after the tour: it requires --tour");
    }
    if (!tour_) return plan;
    if (nodes_ < 2) {
      return fail(ErrorCode::kInvalidArgument,
                  "the tour moves work from one node to another: it requires --nodes 2 or more");
    }
    if (app_.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "the tour requires an application: --app DIR, a folder with a Dockerfile");
    }
    plan.tour_application = app_;
    return plan;
  }

  std::uint32_t nodes_ = 3;
  fs::path state_;
  std::string kafka_{kEmbeddedKafka};
  std::optional<std::string> docker_;
  bool tour_ = false;
  fs::path app_;
  bool exit_ = false;
  bool fresh_ = false;
};

}  // namespace

std::unique_ptr<Command> make_dev_command() {
  return std::make_unique<DevCommand>();
}

}  // namespace hearth::cli
