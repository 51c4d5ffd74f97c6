#pragma once

#include "adapters/docker/engine_client.h"
#include "ports/container_runtime.h"

namespace hearth::docker {

struct DockerTimeouts;

/// Reads a container's log as plain bytes: the verb `logs`. (Following one without loss is
/// LogFollowing's.)
class PlainLog {
 public:
  /// Everything must outlive this; `closed` ends the reading.
  PlainLog(boost::asio::io_context& loop, EngineClient& client, const DockerTimeouts& timeouts,
           const bool& closed)
      : loop_(loop), client_(client), timeouts_(timeouts), closed_(closed) {}

  Result<void> read(const LogRequest& request, const ChunkSink& sink, Coroutine& coroutine);

 private:
  boost::asio::io_context& loop_;
  EngineClient& client_;
  const DockerTimeouts& timeouts_;
  const bool& closed_;
};

}  // namespace hearth::docker
