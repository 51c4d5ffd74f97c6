#include "cli/dev/dev_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include "adapters/address/address_text.h"
#include "adapters/file/file.h"
#include "adapters/http/transport.h"
#include "adapters/loop/coroutine.h"
#include "cli/dev/dev_files.h"
#include "cli/terminal/terminal.h"
#include "ports/http.h"
#include "wire/endpoint_text.h"
#include "wire/server_details.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kStopGrace = std::chrono::seconds(5);
constexpr Duration kBrokerPatience = std::chrono::seconds(3);
constexpr Duration kTurnPatience = std::chrono::seconds(20);
/// A container that the engine was just asked to start may appear in its list with a delay.
constexpr int kKillRoundsMax = 10;
constexpr int kRemoveRoundsMax = 100;
constexpr Duration kRoundPause = std::chrono::milliseconds(50);

Result<void> check_programs(const fs::path& folder) {
  for (const char* name : {"hearthd", "hearth-agent"}) {
    if (::access((folder / name).c_str(), X_OK) == 0) continue;
    return fail(ErrorCode::kNotFound, fmt::format("'{}' is not next to this program, in '{}': "
                                                  "build or install it too",
                                                  name, folder.string()));
  }
  return {};
}

/// Refuses fewer nodes than before: the manager would first take the others for live and give them
/// work, and then find them dead for ever.
Result<void> check_node_count(const fs::path& state, std::uint32_t wanted) {
  const Result<DevFacts> before = load_facts(state);
  if (!before && before.error().code == ErrorCode::kNotFound) return {};
  if (!before) return tl::unexpected(before.error());
  const std::size_t had = before->nodes.size();
  if (had <= wanted) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("the dev cluster in '{}' has {}: start it with --nodes {} or more, start "
                          "over with --fresh (which forgets what was deployed), or start another "
                          "one with --state DIR",
                          state.string(), show_count(had, "node"), had));
}

}  // namespace

struct DevCluster::Node {
  NodeName name;
  Keeper agent;
  bool on = true;
  bool frozen = false;
  bool switching = false;  ///< A switch is in progress.
};

Result<std::unique_ptr<DevCluster>> DevCluster::prepare(boost::asio::io_context& loop,
                                                        const DevConfig& config,
                                                        Handlers handlers) {
  if (auto there = check_programs(config.programs); !there) return tl::unexpected(there.error());
  std::error_code ec;
  const fs::path state = fs::absolute(config.state, ec).lexically_normal();
  if (auto made = make_directory(state / "logs"); !made) return tl::unexpected(made.error());
  Result<LockFile> lock = LockFile::acquire(state / "lock");
  if (!lock) return tl::unexpected(lock.error());
  std::string former;
  if (config.begin == DevConfig::Begin::kAnew) {
    Result<std::string> forgotten = forget_cluster(state);
    if (!forgotten) return tl::unexpected(forgotten.error());
    former = *std::move(forgotten);
  }
  if (auto fits = check_node_count(state, config.nodes); !fits) {
    return tl::unexpected(fits.error());
  }
  if (auto made = make_directory(state / "nodes"); !made) return tl::unexpected(made.error());

  Result<std::string> cluster = ensure_cluster_id(state);
  if (!cluster) return tl::unexpected(cluster.error());
  Result<fs::path> socket = choose_socket_path(state, *cluster);
  if (!socket) return tl::unexpected(socket.error());
  PortsTurn turn = PortsTurn::wait(kTurnPatience, [&] {
    handlers.on_notice("another dev cluster is starting: waiting until it has its ports");
  });
  const Result<std::uint16_t> manager_port = choose_port({"127.0.0.1"}, kManagerPort);
  if (!manager_port) return tl::unexpected(manager_port.error());
  DevFacts facts{.state = state,
                 .cluster = *std::move(cluster),
                 .manager = {"127.0.0.1", *manager_port},
                 .power_socket = *std::move(socket),
                 .docker_socket = config.docker_socket,
                 .nodes = {}};
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < config.nodes; ++i) {
    facts.nodes.push_back(*NodeName::parse(fmt::format("node-{}", i + 1)));
    addresses.push_back(dev_address(i));
  }
  const Result<std::uint16_t> agent_port = choose_port(addresses, kAgentPortDefault);
  if (!agent_port) return tl::unexpected(agent_port.error());
  if (auto written =
          write_manager_files(facts, config.kafka, *agent_port, config.programs / "hearth");
      !written) {
    return tl::unexpected(written.error());
  }
  if (auto saved = save_facts(facts); !saved) return tl::unexpected(saved.error());
  auto made = std::unique_ptr<DevCluster>(
      new DevCluster(loop, std::move(facts), brokers_of(config.kafka), std::move(handlers),
                     {*std::move(lock), std::move(turn), std::move(former)}));
  made->add_programs(config, *agent_port);
  return made;
}

DevCluster::DevCluster(boost::asio::io_context& loop, DevFacts facts, std::vector<Endpoint> brokers,
                       Handlers handlers, Held held)
    : loop_(loop),
      facts_(std::move(facts)),
      brokers_(std::move(brokers)),
      handlers_(std::move(handlers)),
      lock_(std::move(held.lock)),
      turn_(std::move(held.turn)),
      former_(std::move(held.former)),
      engine_(loop, facts_.docker_socket),
      start_ended_(loop) {}

DevCluster::~DevCluster() = default;

void DevCluster::add_programs(const DevConfig& config, std::uint16_t agent_port) {
  const Keeper::Handlers handlers{
      .on_ended_by_itself = [this](std::string words) { handlers_.on_notice(std::move(words)); },
      .on_given_up = [this](std::string words) { handlers_.on_broken(std::move(words)); }};
  manager_ = std::make_unique<Keeper>(
      loop_,
      Keeper::Program{
          .name = "hearthd",
          .command = {config.programs / "hearthd", "--config", facts_.state / "config.json"},
          .log = facts_.state / "logs" / "hearthd.log"},
      handlers);
  for (std::size_t i = 0; i < facts_.nodes.size(); ++i) {
    const std::string& name = facts_.nodes[i].str();
    Keeper::Program program{
        .name = "the agent of " + name,
        .command = {config.programs / "hearth-agent", "--node", name, "--manager",
                    "http://" + show_endpoint(facts_.manager), "--listen",
                    fmt::format("{}:{}", dev_address(i), agent_port), "--state",
                    facts_.state / "nodes" / name, "--docker",
                    "unix://" + facts_.docker_socket.string(), "--cluster", facts_.cluster},
        .log = facts_.state / "logs" / (name + ".log")};
    // NOLINTNEXTLINE(modernize-make-unique): the keeper in it cannot be moved.
    nodes_.push_back(std::unique_ptr<Node>(
        new Node{.name = facts_.nodes[i], .agent = {loop_, std::move(program), handlers}}));
  }
}

Result<void> DevCluster::start(Coroutine& coroutine) {
  starting_ = true;
  const Result<void> started = launch(coroutine);
  starting_ = false;
  start_ended_.wake();
  return stopping_ ? Result<void>() : started;
}

Result<void> DevCluster::launch(Coroutine& coroutine) {
  if (auto answers = engine_.check(coroutine); !answers) return answers;
  engine_answered_ = true;
  if (stopping_) return {};
  if (auto answers = check_brokers(coroutine); !answers) return answers;
  if (stopping_) return {};
  if (auto removed = remove_containers(coroutine); !removed) {
    return tl::unexpected(removed.error());
  }
  if (stopping_) return {};  // Nothing below suspends, so no stop() can intervene.
  auto socket = PowerSocket::listen(loop_, facts_.power_socket,
                                    [this](const PowerQuestion& question, Coroutine& its) {
                                      return switch_power(question, its);
                                    });
  if (!socket) return tl::unexpected(socket.error());
  socket_ = *std::move(socket);
  manager_->start();
  for (const auto& node : nodes_) node->agent.start();
  return {};
}

/// Whether something listens at a broker's address: an error here is clearer than a bus that never
/// carries.
Result<void> DevCluster::check_brokers(Coroutine& coroutine) {
  std::string tried;
  for (const Endpoint& broker : brokers_) {
    http::Transport transport(loop_);
    broker_probe_ = &transport;
    const std::error_code ec = transport.connect(broker, kBrokerPatience, coroutine);
    broker_probe_ = nullptr;
    if (!ec || stopping_) return {};
    tried +=
        fmt::format("{}{} ({})", tried.empty() ? "" : ", ", show_endpoint(broker), ec.message());
  }
  if (tried.empty()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("no Kafka broker answers at {}: start it, name another by --kafka "
                          "HOST:PORT, or omit --kafka for the embedded one",
                          tried));
}

void DevCluster::stop(Coroutine& coroutine) {
  stopping_ = true;
  ports_are_taken();
  socket_.reset();
  if (!engine_answered_) engine_.close();  // It may never answer, and start() waits for it.
  if (broker_probe_ != nullptr) broker_probe_->close();
  while (starting_) start_ended_.sleep(std::chrono::seconds(1), coroutine);
  std::size_t running = 1 + nodes_.size();
  Sleeper sleeper(loop_);
  const auto stop_one = [&](Keeper& keeper) {
    start_coroutine(loop_, [&](Coroutine& its) {
      keeper.stop(kStopGrace, its);
      --running;
      sleeper.wake();
    });
  };
  stop_one(*manager_);
  for (const auto& node : nodes_) stop_one(node->agent);
  while (running > 0) sleeper.sleep(std::chrono::seconds(1), coroutine);
  if (!engine_answered_) return;
  if (auto removed = remove_all_containers(coroutine); !removed) {
    handlers_.on_notice(fmt::format("containers with the label hearth.cluster={} may remain: {}",
                                    facts_.cluster, removed.error().message));
  }
  engine_.close();
}

void DevCluster::hurry() {
  if (starting_) engine_.close();
  manager_->hurry();
  for (const auto& node : nodes_) node->agent.hurry();
}

Result<std::size_t> DevCluster::remove_containers(Coroutine& coroutine) {
  auto removed = remove_containers(facts_.cluster, coroutine);
  if (!removed || former_.empty()) return removed;
  auto of_former = remove_containers(former_, coroutine);
  if (!of_former) return of_former;
  return *removed + *of_former;
}

Result<std::size_t> DevCluster::remove_containers(const std::string& cluster,
                                                  Coroutine& coroutine) {
  const auto found = engine_.containers(cluster, std::nullopt, coroutine);
  if (!found) return tl::unexpected(found.error());
  Result<std::size_t> outcome = found->size();
  for (const Container& container : *found) {
    if (auto removed = engine_.remove(container.id, coroutine); !removed) {
      outcome = tl::unexpected(removed.error());
    }
  }
  return outcome;
}

/// Repeats until there are none: an agent that has just ended may have asked for one more.
Result<void> DevCluster::remove_all_containers(Coroutine& coroutine) {
  Sleeper sleeper(loop_);
  for (int round = 0; round < kRemoveRoundsMax; ++round) {
    const auto found = remove_containers(coroutine);
    if (!found) return tl::unexpected(found.error());
    if (*found == 0 && round > 0) return {};
    sleeper.sleep(kRoundPause, coroutine);
  }
  return fail(ErrorCode::kTimeout, "new ones keep appearing");
}

Result<PowerState> DevCluster::switch_power(const PowerQuestion& question, Coroutine& coroutine) {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(),
                                  [&](const auto& node) { return node->name == question.node; });
  if (found == nodes_.end()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no dev node '{}'", question.node.str()));
  }
  Node& node = **found;
  if (question.action != PowerAction::kStatus) {
    if (node.switching) {
      return fail(ErrorCode::kConflict,
                  fmt::format("'{}' is already being switched", node.name.str()));
    }
    node.switching = true;
    const Result<void> done = carry_out(question.action, node, coroutine);
    node.switching = false;
    if (!done) return tl::unexpected(done.error());
  }
  return node.on ? PowerState::kOn : PowerState::kOff;
}

Result<void> DevCluster::carry_out(PowerAction action, Node& node, Coroutine& coroutine) {
  const bool freezing = action == PowerAction::kFreeze || action == PowerAction::kThaw;
  if (freezing && !node.on) {
    return fail(ErrorCode::kConflict, fmt::format("'{}' is off", node.name.str()));
  }
  switch (action) {
    case PowerAction::kStatus: break;
    case PowerAction::kOff:
      node.on = node.frozen = false;
      node.agent.kill(coroutine);
      return kill_containers(node, coroutine);
    case PowerAction::kOn:
      if (!std::exchange(node.on, true)) node.agent.start();
      break;
    case PowerAction::kFreeze:
      node.frozen = true;
      node.agent.freeze();
      return pause_containers(node, action, coroutine);
    case PowerAction::kThaw:
      if (!std::exchange(node.frozen, false)) break;
      node.agent.thaw();
      return pause_containers(node, action, coroutine);
  }
  return {};
}

Result<void> DevCluster::kill_containers(const Node& node, Coroutine& coroutine) {
  Sleeper sleeper(loop_);
  for (int round = 0; round < kKillRoundsMax; ++round) {
    const auto found = engine_.containers(facts_.cluster, node.name, coroutine);
    if (!found) return tl::unexpected(found.error());
    bool quiet = true;
    for (const Container& container : *found) {
      if (container.state != ContainerState::kRunning) continue;
      quiet = false;
      if (auto killed = engine_.kill(container.id, coroutine); !killed) return killed;
    }
    if (quiet && round > 0) return {};
    sleeper.sleep(kRoundPause, coroutine);
  }
  return fail(ErrorCode::kTimeout,
              fmt::format("containers of '{}' still run after they were killed", node.name.str()));
}

Result<void> DevCluster::pause_containers(const Node& node, PowerAction action,
                                          Coroutine& coroutine) {
  const auto found = engine_.containers(facts_.cluster, node.name, coroutine);
  if (!found) return tl::unexpected(found.error());
  for (const Container& container : *found) {
    if (container.state != ContainerState::kRunning) continue;
    const Result<void> done = action == PowerAction::kFreeze
                                  ? engine_.pause(container.id, coroutine)
                                  : engine_.unpause(container.id, coroutine);
    if (!done) return done;
  }
  return {};
}

}  // namespace hearth::cli
