#include "adapters/kafka/settings.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "adapters/kafka/topic_creation.h"
#include "testing/reference/reference_page.h"

namespace hearth::kafka {
namespace {

using ::testing::ContainerEq;

const ReferencePage& page() {
  static const ReferencePage kPage(std::filesystem::path(HEARTH_REFERENCE_DIR) / "kafka.md");
  return kPage;
}

using Table = std::map<std::string, std::string>;

/// The settings documented as code in a column of a section.
Table documented(const std::string& section, std::size_t column) {
  Table table;
  for (const ReferencePage::Row& row : page().rows()) {
    const std::string name = ReferencePage::code(row.cells[0]);
    if (row.section != section || name.empty()) continue;
    if (const std::string value = ReferencePage::code(row.cells[column]); !value.empty()) {
      table.emplace(name, value);
    }
  }
  return table;
}

/// Without the settings that are particular to each client.
Table real(const Settings& settings) {
  Table table(settings.begin(), settings.end());
  table.erase("bootstrap.servers");
  table.erase("client.id");
  return table;
}

Table joined(Table one, const Table& other) {
  one.insert(other.begin(), other.end());
  return one;
}

KafkaConfig agent_config() {
  return {.bootstrap = "kafka:9092", .client_id = "x", .role = KafkaRole::kAgent};
}

KafkaConfig manager_config() {
  return {.bootstrap = "kafka:9092",
          .client_id = "x",
          .role = KafkaRole::kManager,
          .send_within = std::chrono::seconds(5),
          .send_queue_max = 20'000};
}

TEST(KafkaSettings, MatchTheReference) {
  const auto expect_documented = [](const KafkaConfig& config, std::size_t column) {
    const Table both = documented("Both clients", column);
    EXPECT_THAT(real(producer_settings(config)),
                ContainerEq(joined(both, documented("Sending", column))));
    EXPECT_THAT(real(consumer_settings(config)),
                ContainerEq(joined(both, documented("Reading", column))));
  };
  expect_documented(agent_config(), 1);
  expect_documented(manager_config(), 2);
}

TEST(KafkaSettings, ABrokerOnLoopbackMightBeEmbeddedAndIsPolledOften) {
  for (KafkaConfig config : {agent_config(), manager_config()}) {
    config.bootstrap = "127.0.0.1:40123";
    EXPECT_EQ(real(consumer_settings(config)).at("fetch.wait.max.ms"), "10");
  }
}

TEST(KafkaSettings, TopicSettingsMatchTheReference) {
  const TopicSpec status{
      .name = "s", .cleanup = TopicCleanup::kDelete, .retention = std::chrono::minutes(10)};
  Table of_status = documented("Topics", 1);
  of_status["retention.ms"] = of_status["segment.ms"] = "600000";
  EXPECT_THAT(real(topic_settings(status)), ContainerEq(of_status));

  const TopicSpec compacted{.name = "a", .cleanup = TopicCleanup::kCompact, .retention = {}};
  EXPECT_THAT(real(topic_settings(compacted)), ContainerEq(documented("Topics", 2)));
}

}  // namespace
}  // namespace hearth::kafka
