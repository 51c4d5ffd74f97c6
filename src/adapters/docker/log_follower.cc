#include "adapters/docker/log_follower.h"

#include <algorithm>
#include <random>
#include <utility>

#include "adapters/docker/log_session.h"

namespace hearth::docker {
namespace {

class Follower final : public LogFollower {
 public:
  explicit Follower(std::shared_ptr<LogSession> session) : session_(std::move(session)) {}
  ~Follower() override { session_->stop(); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

 private:
  const std::shared_ptr<LogSession> session_;  // Shared with its coroutine, which ends later.
};

}  // namespace

LogFollowing::LogFollowing(boost::asio::io_context& loop, std::filesystem::path socket,
                           const DockerTimeouts& timeouts)
    : loop_(loop),
      client_(loop, std::move(socket)),
      timeouts_(timeouts),
      prng_(std::random_device()()) {}

std::unique_ptr<LogFollower> LogFollowing::follow(LogFollowRequest request,
                                                  ContainerRuntime::LogHandlers handlers) {
  auto session =
      std::make_shared<LogSession>(shared_from_this(), std::move(request), std::move(handlers));
  std::erase_if(sessions_, [](const auto& other) { return other.expired(); });
  sessions_.push_back(session);
  start_coroutine(loop_, [session](Coroutine& coroutine) { session->run(coroutine); });
  return std::make_unique<Follower>(std::move(session));
}

void LogFollowing::close() {
  client_.close();
  for (const auto& weak : std::vector(sessions_)) {
    if (const auto session = weak.lock()) session->stop();
  }
}

}  // namespace hearth::docker
