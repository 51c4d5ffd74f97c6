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

/// The engine as a power switch uses it: to do to containers what happens when a machine fails, not
/// to run them. Used by coroutines on one loop.
class DevEngine {
 public:
  DevEngine(boost::asio::io_context& loop, std::filesystem::path socket);
  ~DevEngine();

  /// Checks that an engine answers and speaks a supported version of the API; the error says what
  /// to do about it.
  Result<void> check(Coroutine& coroutine);
  /// The containers of one cluster, or of one of its nodes, in any state.
  Result<std::vector<Container>> containers(const std::string& cluster,
                                            const std::optional<NodeName>& node,
                                            Coroutine& coroutine);
  /// Whether the container's process exists and is not paused; false if there is no such container.
  Result<bool> is_running(const ContainerId& container, Coroutine& coroutine);
  /// Sends a signal to its main process.
  Result<void> signal(const ContainerId& container, std::string_view name, Coroutine& coroutine);
  /// Sends SIGKILL. Like the others, succeeds if the container is gone or has ended.
  Result<void> kill(const ContainerId& container, Coroutine& coroutine);
  Result<void> pause(const ContainerId& container, Coroutine& coroutine);
  Result<void> unpause(const ContainerId& container, Coroutine& coroutine);
  Result<void> remove(const ContainerId& container, Coroutine& coroutine);
  /// Cancels all calls. Final.
  void close() { client_.close(); }

 private:
  Result<void> change(std::string_view method, const ContainerId& container, std::string_view verb,
                      std::string_view words, Coroutine& coroutine);

  std::filesystem::path socket_;
  docker::EngineClient client_;
};

/// Runs `work` with an engine client on a loop of its own, and waits for it. For a thread without a
/// loop.
Result<void> with_engine(const std::filesystem::path& socket,
                         const std::function<Result<void>(DevEngine&, Coroutine&)>& work);

/// The socket in the value of DOCKER_HOST or `--docker`, which must be a unix socket.
Result<std::filesystem::path> parse_docker_host(std::string_view text);

}  // namespace hearth::cli
