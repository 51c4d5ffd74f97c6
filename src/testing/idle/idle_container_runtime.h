#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "ports/container_runtime.h"

namespace hearth {

/// Carries nothing out and answers nothing. A test's own runtime overrides what the test needs.
class IdleContainerRuntime : public ContainerRuntime {
 public:
  void watch(Handlers) override {}
  void inventory(Completion<Inventory>) override {}
  void create(ContainerRequest, Completion<ContainerId>) override {}
  void start(const ContainerId&, Completion<void>) override {}
  void stop(const ContainerId&, Duration, Completion<void>) override {}
  void remove(const ContainerId&, Completion<void>) override {}
  void adopt(AdoptRequest, Completion<Container>) override {}
  void recreate(const InstanceId&, std::uint32_t, Completion<Container>) override {}
  void let_go(const InstanceId&, Completion<void>) override {}
  void exec(ExecRequest, Completion<ExecResult>) override {}
  void inspect(const ContainerId&, Completion<ContainerDetails>) override {}
  void usage(const ContainerId&, Completion<ContainerUsage>) override {}
  void build(const std::filesystem::path&, const std::string&, ChunkSink,
             Completion<void>) override {}
  void cancel_build(const std::string&) override {}
  void save_image(const std::string&, const std::filesystem::path&, Completion<Digest>) override {}
  void load_image(const std::filesystem::path&, Completion<void>) override {}
  void remove_image(const std::string&, Completion<void>) override {}
  void logs(LogRequest, ChunkSink, Completion<void>) override {}
  std::unique_ptr<LogFollower> follow_log(LogFollowRequest, LogHandlers) override { return {}; }
};

}  // namespace hearth
