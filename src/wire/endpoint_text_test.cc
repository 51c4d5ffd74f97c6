#include "wire/endpoint_text.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(EndpointText, PutsAnIpv6AddressInBrackets) {
  EXPECT_EQ(show_endpoint({"127.0.0.1", 7700}), "127.0.0.1:7700");
  EXPECT_EQ(show_endpoint({"::1", 7700}), "[::1]:7700");
}

}  // namespace
}  // namespace hearth
