#include "app/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace hearth {
namespace {

TEST(Descriptors, RaisesTheLimitAsFarAsAllowed) {
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

// Goal: connections, their relays, dials and the reserve fit, unless there are hardly any
// descriptors.
TEST(Descriptors, SharesFitIntoTheLimit) {
  for (const std::size_t descriptors : {600U, 1024U, 1500U, 2048U, 4096U, 16'384U, 65'536U}) {
    const DescriptorShares shares = share_descriptors(descriptors);
    EXPECT_LE(shares.connections_max + shares.streams_max + shares.dials_max + kDescriptorsSetAside,
              descriptors);
    EXPECT_GT(shares.connections_max, shares.streams_max) << "there is room for short requests";
  }
  EXPECT_EQ(share_descriptors(1024).connections_max, 341U);
  EXPECT_EQ(share_descriptors(1024).dials_max, 256U);
  EXPECT_EQ(share_descriptors(4096).connections_max, 1024U);
  EXPECT_EQ(share_descriptors(4096).streams_max, 512U);
  EXPECT_EQ(share_descriptors(kDescriptorsPlenty).dials_max, 4096U);
  EXPECT_EQ(share_descriptors(kDescriptorsMax).dials_max, 4096U);
  EXPECT_EQ(share_descriptors(64).connections_max, 16U);
}

}  // namespace
}  // namespace hearth
