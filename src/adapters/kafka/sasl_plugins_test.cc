#include "adapters/kafka/sasl_plugins.h"

#include <gtest/gtest.h>
#include <link.h>

#include <cstdlib>
#include <string_view>

#include "adapters/kafka/clients.h"

namespace hearth::kafka {
namespace {

constexpr int kNone = 0;
constexpr int kSome = 1;

int is_plugin(dl_phdr_info* library, std::size_t /*size*/, void* /*unused*/) {
  const std::string_view path = library->dlpi_name;
  return path.find("/sasl2/") != path.npos || path.find("libdb-") != path.npos ? kSome : kNone;
}

/// Ends the process with what a Kafka client has loaded in it.
[[noreturn]] void exit_with_loaded_plugins() {
  leave_out_sasl_plugins();
  const auto client = new_client(RD_KAFKA_PRODUCER, {});
  std::_Exit(client ? dl_iterate_phdr(is_plugin, nullptr) : EXIT_FAILURE);
}

// Method: in a fresh process, because the library loads them once, for the first client.
TEST(SaslPluginsDeathTest, AreNotLoaded) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with_loaded_plugins(), ::testing::ExitedWithCode(kNone), "");
}

}  // namespace
}  // namespace hearth::kafka
