#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ports/container_runtime.h"
#include "sim/content.h"
#include "sim/host.h"
#include "sim/logs.h"
#include "sim/programs.h"

namespace hearth::sim {

/// The probability of failures per operation, in thousandths. Half of the failed ones took effect.
struct EngineFaults {
  std::uint32_t failure = 0;
};

/// The container engine of one node. Its content outlives the machine's boot; running containers do
/// not.
///
/// Operations take time and overtake each other; notices come in order, while there is a watch. A
/// listing shows the state when it was made, which is earlier than its arrival.
///
/// A hanging engine keeps the connection of its notices open and answers nothing, though containers
/// start and exit; when it resumes it reports that, and carries out half of the requests made
/// meanwhile.
///
/// A reference is only a name for bits: two engines build different bits from the same bundle, and
/// so does one that has lost the cache of an earlier build. The digest of the archive distinguishes
/// them.
///
/// What runs in a container is its program's matter (programs.h). Somebody at the machine can do by
/// hand what Docker's command line can.
class SimEngine {
 public:
  using Done = Completion<void>;
  /// The callbacks of an agent's watch.
  using Watch = ContainerRuntime::Handlers;

  SimEngine(SimHost& host, std::string name, const ContentStore& content)
      : host_(host), name_(std::move(name)), content_(content) {}

  /// The machine booted: the engine starts.
  void boot();
  /// The machine lost power, and all containers with it.
  void die();
  /// The engine restarts, and its containers end.
  void restart(Duration down_for);
  void hang();
  void go_on();
  void watch(Watch watch);
  void unwatch() { watch_.reset(); }

  void create(const ContainerRequest& request, Completion<ContainerId> done);
  void start(const ContainerId& container, const Done& done);
  void stop(const ContainerId& container, Duration grace, const Done& done);
  void remove(const ContainerId& container, const Done& done);
  /// The book of adopted containers is the engine's own here, and survives as it does.
  void adopt(const AdoptRequest& request, const Completion<Container>& done);
  void recreate(const InstanceId& instance, std::uint32_t restarts,
                const Completion<Container>& done);
  void let_go(const InstanceId& instance, const Done& done);
  /// Every command succeeds at once and prints nothing.
  void exec(const ExecRequest& request, const Completion<ExecResult>& done);
  void inspect(const ContainerId& container, const Completion<ContainerDetails>& done);
  void usage(const ContainerId& container, const Completion<ContainerUsage>& done);
  void take_inventory(Completion<Inventory> done);
  void build(const Digest& bundle, const std::string& reference, ChunkSink log, Done done);
  /// Returns the archive's digest, which covers the bits and the reference.
  void save(const std::string& reference, Completion<Digest> done);
  void load(const std::string& reference, const Digest& archive, const Done& done);
  void remove_image(const std::string& reference, const Done& done);
  /// Drops the connection of its build or saving, which then ends soon, hanging or not.
  void cancel_build(const std::string& reference);

  std::unique_ptr<LogFollower> follow_log(LogFollowRequest request,
                                          ContainerRuntime::LogHandlers handlers) {
    return logs_.follow(std::move(request), std::move(handlers));
  }

  /// The container's process writes a line that gives cause for a restart.
  void write_bad_line(const ContainerId& container, LogStream stream, std::string_view text) {
    programs_.blame(container);
    logs_.write(container, stream, text);
  }
  /// What a check of the container is answered now. `address`: empty for a command in it.
  ProbeOutcome answer(const ContainerId& container, const std::string& address) const;

  /// Somebody creates and starts a container by hand, which the engine restarts when it boots. No
  /// other container has this name.
  ContainerId run_by_hand(const std::string& name, const ContainerSpec& spec = {});
  /// Somebody commits the container to an image, and starts a container of that: its labels are
  /// those of the first, and it is a stranger all the same.
  void run_commit_by_hand(const ContainerId& container);
  /// The container's process ends on its own.
  void crash(const ContainerId& container);
  /// The same, with an exit code of 0.
  void complete(const ContainerId& container);
  /// From now on every program of the workload crashes here soon after its start.
  void break_workload(const WorkloadName& workload);
  void mend_workload(const WorkloadName& workload) { broken_.erase(workload); }
  void sicken(const ContainerId& container, Illness illness);
  /// All programs work again, and are thawed; all logs can be read. No workload is broken.
  void cure_all();
  /// Whether the container has given cause for a restart, by its program or by a hand. Also if it
  /// is gone.
  bool is_at_fault(const ContainerId& container) const { return programs_.is_at_fault(container); }
  void rotate_log(const ContainerId& container) { logs_.rotate(container); }
  void set_logs_readable(bool readable) { logs_.set_readable(readable); }

  // By hand, at once.
  void pause(const ContainerId& container);
  void unpause(const ContainerId& container);
  void stop_by_hand(const ContainerId& container);
  /// Starts a container that does not run.
  void start_by_hand(const ContainerId& container);
  /// Stops it, and starts it `down_for` later.
  void restart_by_hand(const ContainerId& container, Duration down_for);
  void remove_by_hand(const ContainerId& container);
  /// Another container with the name and the mounts of the adopted one takes its place, as compose
  /// does it.
  void replace_by_hand(const ContainerId& container, Duration down_for);
  void rename(const ContainerId& container);

  /// The engine loses its images unnoticed, and with them the cache of later builds.
  void lose_images() {
    images_.clear();
    kept_builds_.clear();
  }
  void set_faults(const EngineFaults& faults) { faults_ = faults; }
  bool is_reliable() const { return faults_.failure == 0; }

  bool answers() const { return up_ && !hangs_; }
  const std::map<ContainerId, Container>& containers() const { return containers_; }
  /// Those that were made by hand and are not adopted, by name.
  const std::map<std::string, Container>& made_by_hand() const { return by_hand_; }
  /// What somebody gave to a container made by hand.
  struct HandMade {
    std::string mounts;            ///< Stands for all that a fresh one in its place must have.
    bool restarts_itself = false;  ///< The engine starts it when it boots.
    bool operator==(const HandMade&) const = default;
  };
  /// nullptr: Hearth made it, or it is gone.
  const HandMade* hand_made(const ContainerId& container) const;
  /// Whether it is here, and none of Hearth's: made by hand, and not adopted.
  bool is_foreign(const ContainerId& container) const;
  bool remembers_adoptions() const { return !book_.empty(); }
  /// The image that each container was created from, as it was then.
  const std::map<ContainerId, Image>& image_of() const { return image_of_; }
  /// The instances of which a container crashed, fell ill or was meddled with.
  const std::set<InstanceId>& crashed() const { return crashed_; }
  /// The archive of the reference's bits on this engine.
  std::optional<Digest> archive_of(const std::string& reference) const;
  bool has_images() const { return !images_.empty(); }
  std::size_t running(const InstanceId& instance) const;

 private:
  enum class Fate : std::uint8_t { kGood, kFails, kFailsAfterDoing };
  Fate draw_fate();
  void run(Duration low, Duration high, const Done& done, std::function<Result<void>()> effect);
  /// Looks at a container; what `look` returns arrives later.
  template <class T>
  void ask(const Completion<T>& done, std::function<Result<T>()> look);
  Result<void> must_run(const ContainerId& container) const;
  void run_adopted(const Completion<Container>& done, std::function<Result<Container>()> effect);
  void take_over(const AdoptRequest& request);
  void crash_soon(const ContainerId& container);
  void start_those_of_hands();
  void end_those_of_hands();
  Container* adopted_by(const InstanceId& instance);
  void leave_unanswered(const Done& done, const std::function<Result<void>()>& effect);
  Done breakable(const std::string& reference, Done done);
  bool is_broken_off(const std::string& reference) const { return !under_way_.contains(reference); }
  void tell(ContainerNotice notice);
  void tell_watching();
  void tell_lost(const std::string& why);
  void notify_later(bool of_any_start, std::function<void(const Watch&)> how);
  void deliver(bool of_any_start, std::uint64_t start,
               const std::function<void(const Watch&)>& how);
  void stop_hanging();
  void begin(Container& container);
  void erase(const ContainerId& container);
  void end(Container& container, int code);
  void on_program_exit(const ContainerId& container, int code);
  /// The container, if somebody can reach it; nullptr: not.
  Container* at_hand(const ContainerId& container, std::string_view what);
  void tell_about(const Container& container, ContainerNotice::Kind kind);
  std::string address_of(const ContainerId& container) const;
  ContainerId next_id();
  Digest make_archive(const Digest& bundle, const std::string& reference);
  SimLogs::Standing standing_of(const ContainerId& container) const;

  SimHost& host_;
  std::string name_;
  const ContentStore& content_;
  EngineFaults faults_;
  bool up_ = false;
  bool hangs_ = false;
  std::vector<Task> held_;  ///< To run when it resumes.
  std::uint64_t starts_ = 0;
  std::optional<Watch> watch_;
  std::uint64_t watches_ = 0;
  MonoTime last_notice_{};
  std::uint64_t made_ = 0;
  std::map<ContainerId, Container> containers_;
  std::map<ContainerId, Image> image_of_;
  std::map<ContainerId, ContainerSpec> specs_;
  std::map<ContainerId, std::uint64_t> addresses_;  ///< Of those that have run: the last number.
  std::uint64_t starts_of_containers_ = 0;
  std::map<std::string, Container> by_hand_;  ///< Not adopted.
  std::map<ContainerId, HandMade> hand_made_;
  /// What is remembered of an adopted container.
  struct Adoption {
    std::string name;
    WorkloadName workload;
    bool restarts_itself = false;
  };
  std::map<InstanceId, Adoption> book_;
  std::set<WorkloadName> broken_;
  std::uint64_t commits_ = 0;
  std::set<InstanceId> crashed_;
  SimLogs logs_{host_, [this](const ContainerId& container) { return standing_of(container); }};
  SimPrograms programs_{
      host_,
      {.write = [this](const ContainerId& container, LogStream stream,
                       std::string_view text) { logs_.write(container, stream, text); },
       .on_health =
           [this](const ContainerId& container, ImageHealth) {
             const auto found = containers_.find(container);
             if (found != containers_.end())
               tell_about(found->second, ContainerNotice::Kind::kHealth);
           },
       .on_exit = [this](const ContainerId& container,
                         int code) { on_program_exit(container, code); }}};
  std::map<std::string, Digest> images_;         ///< The archive of each reference's bits.
  std::map<Digest, std::uint64_t> kept_builds_;  ///< By bundle.
  std::uint64_t builds_ = 0;
  std::map<std::string, std::shared_ptr<Done>> under_way_;  ///< By reference; empty: completed.
};

}  // namespace hearth::sim
