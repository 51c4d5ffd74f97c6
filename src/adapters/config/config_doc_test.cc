#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/config/cli_config.h"
#include "adapters/config/manager_config.h"
#include "base/duration_text.h"
#include "testing/reference/reference_page.h"

namespace hearth {
namespace {

using testing::Contains;
using testing::IsEmpty;

const ReferencePage& page() {
  static const ReferencePage kPage(std::filesystem::path(HEARTH_REFERENCE_DIR) / "config.md");
  return kPage;
}

Result<ManagerConfig> parse(const std::string& text) {
  return parse_manager_config(text, "/etc/hearth");
}

/// The rows that describe keys of config.json.
std::vector<ReferencePage::Row> config_rows() {
  std::vector<ReferencePage::Row> rows;
  for (const ReferencePage::Row& row : page().rows()) {
    const bool is_config =
        row.section == "config.json, for hearthd" || row.section == "The older shape";
    if (is_config && row.cells.size() == 4 && !ReferencePage::code(row.cells[0]).empty()) {
      rows.push_back(row);
    }
  }
  return rows;
}

/// {"a":{"b":value}} for "a.b".
std::string nested(const std::string& path, const std::string& value) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return fmt::format("{{\"{}\":{}}}", path, value);
  return fmt::format("{{\"{}\":{}}}", path.substr(0, dot), nested(path.substr(dot + 1), value));
}

/// The valid keys of an object of the configuration, as listed in the error for an unknown key.
std::set<std::string> keys_named(const std::string& text) {
  const std::string message = parse(text).error().message;
  const std::string_view begin_mark = "(keys here: ";
  const std::size_t begin = message.find(begin_mark);
  EXPECT_NE(begin, std::string::npos) << message;
  std::istringstream list(message.substr(begin + begin_mark.size(),
                                         message.find(')', begin) - begin - begin_mark.size()));
  std::set<std::string> keys;
  for (std::string key; std::getline(list >> std::ws, key, ',');) keys.insert(key);
  return keys;
}

/// The documented keys directly below `parent` ("" or "kafka.").
std::set<std::string> keys_documented(const std::string& parent) {
  std::set<std::string> keys;
  for (const ReferencePage::Row& row : config_rows()) {
    const std::string path = ReferencePage::code(row.cells[0]);
    const std::string key = path.substr(std::min(path.size(), parent.size()));
    if (path.starts_with(parent) && key.find('.') == std::string::npos) keys.insert(key);
  }
  return keys;
}

TEST(ConfigPage, ExamplesAreAccepted) {
  for (const char* label : {"config", "server-details", "cli"}) {
    EXPECT_THAT(page().examples(label), Not(IsEmpty())) << label;
  }
  for (const std::string& example : page().examples("config")) {
    const auto config = parse(example);
    EXPECT_TRUE(config.has_value()) << config.error().message;
  }
  for (const std::string& example : page().examples("server-details")) {
    const auto entries = parse_server_details(example);
    EXPECT_TRUE(entries.has_value()) << entries.error().message;
  }
  for (const std::string& example : page().examples("cli")) {
    const auto config = parse_cli_config(example, "/etc/hearth");
    EXPECT_TRUE(config.has_value()) << config.error().message;
  }
}

TEST(ConfigPage, DocumentedDefaultsAreTheDefaults) {
  int defaults = 0;
  for (const ReferencePage::Row& row : config_rows()) {
    const std::string value = ReferencePage::code(row.cells[2]);
    if (value.empty()) continue;
    ++defaults;
    EXPECT_EQ(parse(nested(ReferencePage::code(row.cells[0]), value)), ManagerConfig{})
        << row.cells[0];
  }
  EXPECT_GT(defaults, 20);
}

// Goal: every key has a row, and every row a key.
TEST(ConfigPage, ListsExactlyTheAcceptedKeys) {
  const std::string unknown = R"({"?":0})";
  EXPECT_EQ(keys_documented(""), keys_named(unknown));
  for (const std::string object : {"kafka", "liveness", "recovery", "power"}) {
    EXPECT_EQ(keys_documented(object + "."), keys_named(nested(object, unknown))) << object;
  }
  EXPECT_EQ(keys_documented("machines.<ip>."),
            keys_named(R"({"machines":{"10.0.0.1":{"machine_name":"a","subscription_id":"b",)"
                       R"("resource_group_name":"c","?":0}}})"));

  std::set<std::string> of_drivers;
  for (const char* driver : {R"("none")", R"("exec","command":["/x"])"}) {
    of_drivers.merge(
        keys_named(R"({"power":{"default":{"?":0,"driver":)" + std::string(driver) + "}}}"));
  }
  EXPECT_EQ(keys_documented("power.nodes.<node>."), of_drivers);
}

TEST(ConfigPage, ProfilesMatchTheTable) {
  int profiles = 0;
  for (const ReferencePage::Row& row : page().rows()) {
    const auto profile = parse_liveness_profile(ReferencePage::code(row.cells[0]));
    if (row.cells.size() != 7 || !profile) continue;
    ++profiles;
    const LivenessSettings settings = settings_of(*profile);
    const Duration durations[] = {settings.heartbeat_interval, settings.suspect_after,
                                  settings.dead_after, settings.dead_after_unconfirmed,
                                  settings.agent_down_grace};
    for (std::size_t i = 0; i < std::size(durations); ++i) {
      EXPECT_EQ(parse_duration(row.cells[i + 1]), durations[i]) << row.cells[0] << " " << i;
    }
  }
  EXPECT_EQ(profiles, 4);
}

TEST(ConfigPage, ListsTheKeysOfTheOtherFiles) {
  std::set<std::string> keys;
  for (const ReferencePage::Row& row : page().rows()) {
    keys.insert(ReferencePage::code(row.cells[0]));
  }
  for (const char* key : {"<entry>.node_name", "<entry>.node_ip", "<entry>.agent_port", "manager",
                          "token", "token_file"}) {
    EXPECT_THAT(keys, Contains(key));
  }
}

}  // namespace
}  // namespace hearth
