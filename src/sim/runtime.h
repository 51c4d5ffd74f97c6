#pragma once

#include <utility>

#include "ports/container_runtime.h"
#include "sim/engine.h"
#include "sim/loop.h"
#include "sim/work_folder.h"

namespace hearth::sim {

/// The ContainerRuntime of one agent's process: a client of its node's engine. The engine carries
/// out each request, whether or not the agent lives to receive the answer.
class SimRuntime final : public ContainerRuntime {
 public:
  struct Parts {
    SimLoop& loop;
    SimEngine& engine;
    SimWorkFolder& folder;
    const SimDisk& disk;
    std::function<void(const ContainerId&)> on_stop;  ///< A container is about to be stopped.
  };
  explicit SimRuntime(Parts parts) : parts_(std::move(parts)) {}

  void watch(Handlers handlers) override;
  void inventory(Completion<Inventory> done) override;
  void create(ContainerRequest request, Completion<ContainerId> done) override;
  void start(const ContainerId& container, Completion<void> done) override;
  void stop(const ContainerId& container, Duration grace, Completion<void> done) override;
  void remove(const ContainerId& container, Completion<void> done) override;
  void adopt(AdoptRequest request, Completion<Container> done) override;
  void recreate(const InstanceId& instance, std::uint32_t restarts,
                Completion<Container> done) override;
  void let_go(const InstanceId& instance, Completion<void> done) override;
  void exec(ExecRequest request, Completion<ExecResult> done) override;
  void inspect(const ContainerId& container, Completion<ContainerDetails> done) override;
  void usage(const ContainerId& container, Completion<ContainerUsage> done) override;
  void build(const std::filesystem::path& context, const std::string& reference, ChunkSink log,
             Completion<void> done) override;
  void cancel_build(const std::string& reference) override;
  void save_image(const std::string& reference, const std::filesystem::path& file,
                  Completion<Digest> done) override;
  void load_image(const std::filesystem::path& file, Completion<void> done) override;
  void remove_image(const std::string& reference, Completion<void> done) override;
  /// The shell reads no logs as plain bytes.
  void logs(LogRequest, ChunkSink, Completion<void>) override;
  std::unique_ptr<LogFollower> follow_log(LogFollowRequest request, LogHandlers handlers) override;

 private:
  /// The same; without effect if the agent has died meanwhile.
  template <class... Arguments>
  std::function<void(Arguments...)> while_it_lives(std::function<void(Arguments...)> call) const {
    return [alive = parts_.loop.alive(), call = std::move(call)](Arguments... arguments) {
      if (*alive) call(std::move(arguments)...);
    };
  }
  bool runs() const { return parts_.loop.runs(); }

  Parts parts_;
};

}  // namespace hearth::sim
