#include "cli/dev/ports_turn.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

namespace hearth::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kRetryInterval = std::chrono::milliseconds(20);
constexpr auto kReportAfter = std::chrono::seconds(1);
constexpr std::string_view kName{"\0hearth-dev-ports", 17};

/// Whether the name was free and has been taken.
bool take(int descriptor) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, kName.data(), kName.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + kName.size());
  return ::bind(descriptor, reinterpret_cast<sockaddr*>(&name), size) == 0;
}

}  // namespace

PortsTurn PortsTurn::wait(Duration patience, const std::function<void()>& on_waiting) {
  PortsTurn turn(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto begin = Clock::now();
  bool reported = false;
  while (turn.ours() && !take(turn.descriptor_)) {
    const auto waited = Clock::now() - begin;
    if (waited > patience) return {};
    if (waited > kReportAfter && !std::exchange(reported, true)) on_waiting();
    std::this_thread::sleep_for(kRetryInterval);
  }
  return turn;
}

PortsTurn::PortsTurn(PortsTurn&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}
PortsTurn& PortsTurn::operator=(PortsTurn&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
PortsTurn::~PortsTurn() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace hearth::cli
