#include "app/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace hearth {
namespace {

TEST(Descriptors, TheirBoundIsRaisedAsFarAsItMay) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const std::size_t raised = raise_descriptor_limit();
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(raised, after.rlim_cur);
  EXPECT_EQ(raised, std::min<std::size_t>(before.rlim_max, kDescriptorsMax));
  EXPECT_EQ(raise_descriptor_limit(), raised);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

// Goal: connections, their relays and what is set aside fit, unless there is hardly anything.
TEST(Descriptors, LeaveRoomForMoreThanConnections) {
  for (const std::size_t descriptors : {600U, 1024U, 1500U, 2048U, 4096U, 65'536U}) {
    const ConnectionBounds bounds = connection_bounds(descriptors);
    EXPECT_LE(bounds.connections_max + bounds.streams_max + kDescriptorsSetAside, descriptors);
    EXPECT_GT(bounds.connections_max, bounds.streams_max) << "short requests have room as well";
  }
  EXPECT_EQ(connection_bounds(1024).connections_max, 341U);
  EXPECT_EQ(connection_bounds(4096).connections_max, 1024U);
  EXPECT_EQ(connection_bounds(4096).streams_max, 512U);
  EXPECT_EQ(connection_bounds(64).connections_max, 16U);
}

}  // namespace
}  // namespace hearth
