#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace hearth {
namespace {

constexpr std::size_t kDialsMin = 32;
constexpr std::size_t kDialsMax = 4096;
constexpr std::size_t kConnectionsMin = 16;
constexpr std::size_t kConnectionsMax = 1024;

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, kDescriptorsMax);
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlimit raised{wanted, limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? wanted : limit.rlim_cur;
}

DescriptorShares share_descriptors(std::size_t descriptors) {
  const std::size_t dials = std::clamp(descriptors / 4, kDialsMin, kDialsMax);
  const std::size_t left = descriptors - std::min(descriptors, kDescriptorsSetAside + dials);
  // Three for two connections: one of the two is a relayed stream.
  const std::size_t connections = std::clamp(left * 2 / 3, kConnectionsMin, kConnectionsMax);
  return {.connections_max = connections, .streams_max = connections / 2, .dials_max = dials};
}

}  // namespace hearth
