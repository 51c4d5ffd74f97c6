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
/// A dev node is an agent with a loopback address of its own (127.0.0.11 and up) and the containers
/// that carry its label; all nodes share the machine's engine. Its power switch is real: off kills
/// the agent and the containers, on boots the node again, freeze hangs both. Dev clusters of two
/// checkouts do not interfere: each has its own id as a label on its containers, its own ports and
/// its own state folder, which is locked.
///
/// Owns everything it starts: the programs end with this process however it ends, and remaining
/// containers are removed at the end or at the next start. On the loop.
class DevCluster {
 public:
  struct Handlers {
    std::function<void(std::string sentence)> on_notice;
    /// The cluster cannot continue; the owner must call stop().
    std::function<void(std::string sentence)> on_broken;
  };

  /// Makes the folder and its files and chooses ports; starts nothing. Blocks while another dev
  /// cluster on this machine is taking its ports. kConflict: the folder is in use, or the previous
  /// run had more nodes, which its manager would wait for. kNotFound: the programs are missing.
  static Result<std::unique_ptr<DevCluster>> prepare(boost::asio::io_context& loop,
                                                     const DevConfig& config, Handlers handlers);
  ~DevCluster();

  const DevFacts& facts() const { return facts_; }

  /// Removes the containers left by an earlier run, then starts everything. Errors: the engine or
  /// the broker does not answer, or the power switch's socket cannot be made.
  ///
  /// A concurrent stop() interrupts it: it then returns with nothing started.
  Result<void> start(Coroutine& coroutine);
  /// Ends everything and removes the cluster's containers. Final. Returns once that is done and a
  /// concurrent start() has returned.
  void stop(Coroutine& coroutine);
  /// To be called once all programs listen: other dev clusters can then choose ports.
  void ports_are_taken() { turn_ = PortsTurn(); }
  /// Makes a stop() in progress kill instead of wait.
  void hurry();

 private:
  struct Node;

  /// The resources that prepare() acquires.
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
  /// Returns how many it found.
  Result<std::size_t> remove_containers(Coroutine& coroutine);
  Result<std::size_t> remove_containers(const std::string& cluster, Coroutine& coroutine);
  Result<void> remove_all_containers(Coroutine& coroutine);
  Result<PowerState> switch_power(const PowerQuestion& question, Coroutine& coroutine);
  Result<void> carry_out(PowerAction action, Node& node, Coroutine& coroutine);
  Result<void> kill_containers(const Node& node, Coroutine& coroutine);
  Result<void> pause_containers(const Node& node, PowerAction action, Coroutine& coroutine);

  boost::asio::io_context& loop_;
  DevFacts facts_;
  std::vector<Endpoint> brokers_;  ///< External ones; empty if the broker is embedded.
  Handlers handlers_;
  LockFile lock_;
  PortsTurn turn_;
  std::string former_;  ///< Id of a forgotten cluster, whose containers may remain.
  DevEngine engine_;
  std::unique_ptr<Keeper> manager_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<PowerSocket> socket_;

  bool starting_ = false;                    ///< start() is in progress.
  bool stopping_ = false;                    ///< stop() was called.
  bool engine_answered_ = false;             ///< Only then can there be containers to remove.
  http::Transport* broker_probe_ = nullptr;  ///< Set while start() looks for a broker.
  Sleeper start_ended_;
};

}  // namespace hearth::cli
