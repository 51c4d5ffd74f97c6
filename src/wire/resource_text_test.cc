#include "wire/resource_text.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(ParseMemory, AcceptsBinaryUnits) {
  EXPECT_EQ(parse_memory_size("6291456").value(), 6U << 20);
  EXPECT_EQ(parse_memory_size("0").value(), 0U);
  EXPECT_EQ(parse_memory_size("64M").value(), 64U << 20);
  EXPECT_EQ(parse_memory_size("64MiB").value(), 64U << 20);
  EXPECT_EQ(parse_memory_size("1T").value(), std::uint64_t{1} << 40);
  for (const char* same : {"64m", "64MB", "64mb", "64Mi", "65536K", "67108864"}) {
    EXPECT_EQ(parse_memory_size(same), 64U << 20) << same;
  }
  for (const char* wrong :
       {"", "M", "-1", "1.5G", "64 M", "99999999T", "1MM", "5M", "1", "64MiBB", "1025T"}) {
    EXPECT_FALSE(parse_memory_size(wrong)) << wrong;
  }
}

TEST(ParseCpus, AcceptsFractionsOfCores) {
  EXPECT_EQ(parse_cpu_cores("0.5").value(), 500U);
  EXPECT_EQ(parse_cpu_cores("2").value(), 2000U);
  EXPECT_EQ(parse_cpu_cores("0").value(), 0U);
  for (const char* wrong : {"", "-1", "1e9", "nan", "0.0001", "1001", "2 cores"}) {
    EXPECT_FALSE(parse_cpu_cores(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace hearth
