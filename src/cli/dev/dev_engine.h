#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/docker/engine_client.h"
#include "base/result.h"
#include "model/ids.h"
#include "ports/container_runtime.h"

namespace hearth::cli {

/// The engine as somebody with the power switch in hand sees it: not a container's runtime, but
/// what can happen to one. Used by coroutines on one loop.
class DevEngine {
 public:
  DevEngine(boost::asio::io_context& loop, std::filesystem::path socket);
  ~DevEngine();

  /// Whether an engine answers that speaks a version of the API that we do; the error says what to
  /// do about it.
  Result<void> check(Coroutine& coroutine);
  /// The containers of one cluster, in any state; of one node of it, if that is named.
  Result<std::vector<Container>> containers(const std::string& cluster,
                                            const std::optional<NodeName>& node,
                                            Coroutine& coroutine);
  /// Whether the container's process is there and not paused; false if there is no such container.
  Result<bool> is_running(const ContainerId& container, Coroutine& coroutine);
  /// SIGKILL. One that is gone or has ended is a success; so with the others.
  Result<void> kill(const ContainerId& container, Coroutine& coroutine);
  Result<void> pause(const ContainerId& container, Coroutine& coroutine);
  Result<void> unpause(const ContainerId& container, Coroutine& coroutine);
  Result<void> remove(const ContainerId& container, Coroutine& coroutine);
  /// Breaks off everything, for good.
  void close() { client_.close(); }

 private:
  Result<void> change(std::string_view method, const ContainerId& container, std::string_view verb,
                      std::string_view words, Coroutine& coroutine);

  std::filesystem::path socket_;
  docker::EngineClient client_;
};

/// Runs `work` with an engine client of its own, on a loop of its own, and waits for it: for a
/// thread without a loop.
Result<void> with_engine(const std::filesystem::path& socket,
                         const std::function<Result<void>(DevEngine&, Coroutine&)>& work);

/// What DOCKER_HOST or `--docker` say: a unix socket, nothing else.
Result<std::filesystem::path> parse_docker_host(std::string_view text);

}  // namespace hearth::cli
