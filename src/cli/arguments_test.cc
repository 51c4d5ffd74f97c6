#include "cli/arguments.h"

#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

TEST(ParseMemory, AcceptsBinaryUnits) {
  EXPECT_EQ(parse_memory("6291456").value(), 6U << 20);
  EXPECT_EQ(parse_memory("0").value(), 0U);
  EXPECT_EQ(parse_memory("64M").value(), 64U << 20);
  EXPECT_EQ(parse_memory("64MiB").value(), 64U << 20);
  EXPECT_EQ(parse_memory("1T").value(), std::uint64_t{1} << 40);
  for (const char* wrong :
       {"", "M", "-1", "1.5G", "64m", "64MB", "64 M", "99999999T", "1MM", "5M", "1"}) {
    EXPECT_FALSE(parse_memory(wrong)) << wrong;
  }
}

TEST(ParseCpus, AcceptsFractionsOfCores) {
  EXPECT_EQ(parse_cpus("0.5").value(), 500U);
  EXPECT_EQ(parse_cpus("2").value(), 2000U);
  EXPECT_EQ(parse_cpus("0").value(), 0U);
  for (const char* wrong : {"", "-1", "1e9", "nan", "0.0001", "1001", "2 cores"}) {
    EXPECT_FALSE(parse_cpus(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace hearth::cli
