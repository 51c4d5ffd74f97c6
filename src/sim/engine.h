#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/agent/messages.h"
#include "model/container.h"
#include "sim/host.h"

namespace hearth::sim {

/// The images and bundles that the manager's content store holds.
struct ContentStore {
  std::set<Digest> archives;
  std::set<Digest> bad_bundles;  ///< Whose Dockerfile does not build.
};

/// How likely an operation fails, in thousandths. Half of the failed ones were done all the same.
struct EngineFaults {
  std::uint32_t failure = 0;
};

/// The container engine of one node. What it holds outlives the machine's life; what runs does not.
///
/// Operations take time and overtake each other; notices come in order, while somebody watches. A
/// listing tells how it was when it was made, which is earlier than when it arrives.
///
/// One that hangs keeps the way of its notices open and answers nothing, though containers live and
/// die; once it goes on it tells of that, and does half of what it was asked meanwhile.
///
/// A reference is a name for bits, and no more: two engines make different ones of the same bundle,
/// and so does one that has lost what it kept of an earlier build. Bits are told apart by the
/// digest of their archive.
class SimEngine {
 public:
  using Done = std::function<void(Result<void>)>;
  using Created = std::function<void(Result<ContainerId>)>;
  using Built = std::function<void(Result<Digest>)>;
  /// What the agent's watch hears.
  using Notice = std::function<void(core::AgentEvent)>;

  SimEngine(SimHost& host, std::string name, ContentStore& content)
      : host_(host), name_(std::move(name)), content_(content) {}

  /// The machine came up: the engine follows.
  void boot();
  /// The machine lost its power: so did every container.
  void die();
  /// The engine restarts, and its containers end with it.
  void restart(Duration down_for);
  void hang();
  void go_on();
  void watch(Notice notice);
  void unwatch() { notice_ = nullptr; }

  void create(const AssignedInstance& instance, std::uint32_t restarts, Created done);
  void start(const ContainerId& container, const Done& done);
  void stop(const ContainerId& container, Duration grace, const Done& done);
  void remove(const ContainerId& container, const Done& done);
  void take_inventory(std::function<void(Result<Inventory>)> done);
  /// `reachable` tells at the end of the transfer whether the content store could be reached.
  void fetch(const Image& image, const std::function<bool()>& reachable, const Done& done);
  void build(const BuildOrder& order, const std::function<bool()>& reachable, Built done);
  /// Its connection is dropped: it ends soon, hanging or not.
  void cancel_build(const std::string& reference);

  /// The container's process ends by itself.
  void crash(const ContainerId& container);
  /// The engine loses its images behind everybody's back, and with them what a later build could
  /// have gone on from.
  void lose_images() {
    images_.clear();
    kept_builds_.clear();
  }
  void set_faults(const EngineFaults& faults) { faults_ = faults; }

  bool answers() const { return up_ && !hangs_; }
  const std::map<ContainerId, Container>& containers() const { return containers_; }
  /// The image that each container was made from: its reference then, and its bits.
  const std::map<ContainerId, Image>& image_of() const { return image_of_; }
  /// What a reference stands for here.
  std::optional<Digest> bits_of(const std::string& reference) const;
  bool has_images() const { return !images_.empty(); }
  std::size_t running(const InstanceId& instance) const;

 private:
  enum class Fate : std::uint8_t { kGood, kFails, kFailsAfterDoing };
  Fate draw_fate();
  void run(Duration low, Duration high, const Done& done, std::function<Result<void>()> effect);
  void leave_unanswered(const Done& done, const std::function<Result<void>()>& effect);
  void deliver(bool broken, std::uint64_t life, const core::AgentEvent& event);
  void stop_hanging();
  void tell(core::AgentEvent event);
  void end(Container& container, int code);
  ContainerId next_id();
  Digest make_bits(const Digest& bundle);

  SimHost& host_;
  std::string name_;
  ContentStore& content_;
  EngineFaults faults_;
  bool up_ = false;
  bool hangs_ = false;
  std::vector<Task> held_;  ///< What happens when it goes on.
  std::uint64_t life_ = 0;
  Notice notice_;
  MonoTime last_notice_{};
  std::uint64_t made_ = 0;
  std::map<ContainerId, Container> containers_;
  std::map<ContainerId, Image> image_of_;
  std::map<std::string, Digest> images_;  ///< The bits behind each reference.
  std::map<Digest, Digest> kept_builds_;  ///< By bundle.
  std::uint64_t builds_ = 0;
  std::map<std::string, std::shared_ptr<Built>> building_;  ///< By reference; empty: told.
};

}  // namespace hearth::sim
