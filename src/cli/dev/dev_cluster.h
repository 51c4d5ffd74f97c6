#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/file/lock_file.h"
#include "adapters/loop/coroutine.h"
#include "base/result.h"
#include "cli/dev/dev_engine.h"
#include "cli/dev/dev_facts.h"
#include "cli/dev/keeper.h"
#include "cli/dev/ports_turn.h"
#include "cli/dev/power_socket.h"

namespace hearth::http {
class Transport;
}

namespace hearth::cli {

struct DevConfig {
  std::filesystem::path state;
  std::filesystem::path programs;  ///< The folder with hearthd and hearth-agent.
  std::filesystem::path docker_socket;
  std::string kafka;        ///< "embedded", or the brokers' HOST:PORT.
  std::uint32_t nodes = 3;  ///< 1..kDevNodesMax.
  enum class Begin : std::uint8_t { kWhereItEnded, kAnew } begin = Begin::kWhereItEnded;
};
inline constexpr std::uint32_t kDevNodesMax = 20;

/// A manager and some dev nodes on this machine.
///
/// A dev node is an agent with a loopback address of its own (127.0.0.11 and on) and the containers
/// that carry its label; all share the machine's engine. Its power switch is real: off kills the
/// agent and the containers, on boots it anew, freezing hangs both. Two dev clusters (of two
/// checkouts) do not meet: each has its own id as a label on its containers, its own ports and its
/// own state folder, which is locked.
///
/// Owns all that it started: the programs end with this process however it ends, and what is left
/// of the containers is removed at the end or else at the next start. On the loop.
class DevCluster {
 public:
  struct Handlers {
    std::function<void(std::string sentence)> on_notice;
    /// It cannot go on; stop() is up to the owner.
    std::function<void(std::string sentence)> on_broken;
  };

  /// Makes the folder and the files in it and chooses ports; starts nothing. Blocks while another
  /// one on this machine is about to take its ports. kConflict: another one has this folder, or the
  /// one of before had more nodes, which its manager would wait for. kNotFound: the programs are
  /// not there.
  static Result<std::unique_ptr<DevCluster>> prepare(boost::asio::io_context& loop,
                                                     const DevConfig& config, Handlers handlers);
  ~DevCluster();

  const DevFacts& facts() const { return facts_; }

  /// Starts everything, having removed what an earlier run left. Errors: the engine or the broker
  /// does not answer, the power switch's socket cannot be made.
  ///
  /// Gives way to a stop() that comes meanwhile: it then returns with nothing started.
  Result<void> start(Coroutine& coroutine);
  /// Ends everything and removes the cluster's containers, for good. Returns once it is done, and a
  /// start() that was under way has returned.
  void stop(Coroutine& coroutine);
  /// All programs listen: others may choose ports.
  void ports_are_taken() { turn_ = PortsTurn(); }
  /// Ends the patience of a stop() that is under way.
  void hurry();

 private:
  struct Node;

  /// What prepare() gets hold of.
  struct Held {
    LockFile lock;
    PortsTurn turn;
    std::string former;
  };

  DevCluster(boost::asio::io_context& loop, DevFacts facts, std::vector<Endpoint> brokers,
             Handlers handlers, Held held);
  void add_programs(const DevConfig& config, std::uint16_t agent_port);
  Result<void> launch(Coroutine& coroutine);
  Result<void> check_brokers(Coroutine& coroutine);
  /// How many there were.
  Result<std::size_t> remove_containers(Coroutine& coroutine);
  Result<std::size_t> remove_containers(const std::string& cluster, Coroutine& coroutine);
  Result<void> remove_all_containers(Coroutine& coroutine);
  Result<PowerState> switch_power(const PowerQuestion& question, Coroutine& coroutine);
  Result<void> carry_out(PowerAction action, Node& node, Coroutine& coroutine);
  Result<void> kill_containers(const Node& node, Coroutine& coroutine);
  Result<void> pause_containers(const Node& node, PowerAction action, Coroutine& coroutine);

  boost::asio::io_context& loop_;
  DevFacts facts_;
  std::vector<Endpoint> brokers_;  ///< Somebody else's; none if the broker is in the manager.
  Handlers handlers_;
  LockFile lock_;
  PortsTurn turn_;
  std::string former_;  ///< The cluster that was forgotten, of which containers may be left.
  DevEngine engine_;
  std::unique_ptr<Keeper> manager_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<PowerSocket> socket_;

  bool starting_ = false;         ///< start() is under way.
  bool stopping_ = false;         ///< stop() was called.
  bool engine_answered_ = false;  ///< So that there may be containers, and they can be removed.
  http::Transport* broker_probe_ = nullptr;  ///< While start() looks for a broker.
  Sleeper start_ended_;
};

}  // namespace hearth::cli
