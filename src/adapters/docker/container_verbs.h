#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/docker/cgroup_files.h"
#include "adapters/docker/container_codec.h"
#include "adapters/docker/container_target.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/loop/coroutine.h"
#include "adapters/loop/worker_thread.h"

namespace hearth::docker {

/// What the engine is asked to do with one container; DockerRuntime says what each verb promises.
/// It bounds nothing but the commands left running: its caller bounds how many verbs run at once.
class ContainerVerbs {
 public:
  /// More commands than this that outlived their timeouts in one container refuse further ones
  /// there, until some of them end.
  static constexpr std::size_t kExecsLeftMax = 4;
  /// Containers of which something is remembered.
  static constexpr std::size_t kRemembered = 1024;

  ContainerVerbs(boost::asio::io_context& loop, EngineClient& client, const DockerConfig& config)
      : loop_(loop), client_(client), config_(config), files_(loop) {}

  Result<ContainerId> create(const ContainerRequest& request, Coroutine& coroutine);
  Result<void> start(const ContainerId& container, Coroutine& coroutine);
  Result<void> stop(const ContainerId& container, Duration grace, Coroutine& coroutine);
  Result<void> remove(const ContainerId& container, Coroutine& coroutine);
  Result<ExecResult> exec(const ExecRequest& request, Coroutine& coroutine);
  Result<InspectedContainer> inspect(const ContainerId& container, Coroutine& coroutine);
  Result<std::optional<ContainerExit>> exit_of(const ContainerId& container, Coroutine& coroutine);
  Result<ContainerUsage> usage(const ContainerId& container, Coroutine& coroutine);

  /// Where the kernel shows the container's use, as far as that is known without asking anybody.
  std::optional<CgroupFiles> files_of(const ContainerId& container) const;
  /// Of a container created here, or inspected. Nullopt: not known, or none.
  std::optional<std::uint64_t> memory_limit_of(const ContainerId& container) const;
  /// References can mean other images from here on.
  void forget_images() { image_ids_.clear(); }

 private:
  Result<EngineAnswer> ask(std::string_view method, std::string target, std::string body,
                           std::string doing, Duration patience, Coroutine& coroutine);
  Result<EngineAnswer> query(std::string target, std::string doing, Coroutine& coroutine);
  std::string container_name(const InstanceId& instance);
  Result<std::string> image_id_of(const ContainerRequest& request, Coroutine& coroutine);
  Result<ContainerId> create_from(const std::string& image, const ContainerRequest& request,
                                  Coroutine& coroutine);

  Result<void> expect_room(const ContainerId& container, Coroutine& coroutine);
  Result<std::string> prepare_exec(const ExecRequest& request, Coroutine& coroutine);
  Result<void> run_exec(const std::string& exec, const ExecRequest& request, std::string& output,
                        Coroutine& coroutine);
  Result<void> read_exec_output(AnswerStream& stream, std::string& output, Coroutine& coroutine);
  Result<std::optional<int>> exec_code(const std::string& exec, Coroutine& coroutine);
  Result<int> await_exec(const std::string& exec, const ExecRequest& request, Duration left,
                         Coroutine& coroutine);
  Error outlived(const std::string& exec, const ExecRequest& request);

  boost::asio::io_context& loop_;
  EngineClient& client_;
  const DockerConfig& config_;
  WorkerThread files_;  ///< For files of the kernel, which a disk does not delay.
  std::random_device name_suffix_;
  std::map<std::string, std::string> image_ids_;  ///< By reference.
  std::map<ContainerId, std::vector<std::string>> execs_left_;
  std::map<ContainerId, CgroupFiles> cgroup_files_;
  std::map<ContainerId, std::uint64_t> memory_limits_;
};

}  // namespace hearth::docker
