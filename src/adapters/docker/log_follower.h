#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "base/backoff.h"
#include "base/prng.h"

namespace hearth::docker {

class LogSession;

/// Follows the logs of containers, each exactly once from a cursor on, over connections of its own.
/// docs/internals/following_logs.md says what engines do wrong and what is done about it.
///
/// A log is read in snapshots and followed in between. A snapshot (`follow=0`) has an end, and the
/// engine opens all of a log's files for it at once, so that it is complete and in order. A
/// followed log (`follow=1`) brings lines at once, but the engine loses and repeats lines when it
/// begins another file under the reader. So where files can follow each other quickly, the followed
/// log only says that there is something to read.
///
/// Readings begin with some lines that were read before (`tail=N`): finding them there proves that
/// nothing was lost (LogPlace). `since` is not used: the engine compares it with the stamps of
/// lines and would hold back what is written after its clock was set back.
///
/// Bounds: 512 logs at once; a turn of the loop reads at most 64 KiB; of a log, a batch and an
/// unfinished line for each stream are in memory.
class LogFollowing : public std::enable_shared_from_this<LogFollowing> {
 public:
  static constexpr std::size_t kFollowedMax = 512;

  LogFollowing(boost::asio::io_context& loop, std::filesystem::path socket,
               const DockerTimeouts& timeouts);

  std::unique_ptr<LogFollower> follow(LogFollowRequest request,
                                      ContainerRuntime::LogHandlers handlers);
  /// Ends all readings; their coroutines end soon.
  void close();

 private:
  friend class LogSession;

  boost::asio::io_context& loop_;
  EngineClient client_;
  const DockerTimeouts timeouts_;
  Prng prng_;
  std::size_t followed_ = 0;
  std::vector<std::weak_ptr<LogSession>> sessions_;  ///< Some can have expired.
};

}  // namespace hearth::docker
