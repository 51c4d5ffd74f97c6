#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "testing/reference/reference_page.h"
#include "wire/assignment_codec.h"
#include "wire/canary_codec.h"
#include "wire/event_codec.h"
#include "wire/heartbeat_codec.h"

namespace hearth {
namespace {

namespace json = boost::json;

const ReferencePage& page() {
  static const ReferencePage kPage(std::filesystem::path(HEARTH_REFERENCE_DIR) / "protocol.md");
  return kPage;
}

/// Every field below `value`, as "load.cpu" or "report.instances[].state". Objects whose keys are
/// free text are not descended into, nor is a specification, which another page describes.
void collect_paths(const json::value& value, const std::string& path,
                   std::set<std::string>& paths) {
  if (const json::array* elements = value.if_array()) {
    for (const json::value& element : *elements) collect_paths(element, path + "[]", paths);
  }
  const json::object* members = value.if_object();
  const bool is_free = path.ends_with("environment") || path.ends_with("after");
  if (members == nullptr || is_free || path.ends_with("spec")) return;
  for (const auto& [key, member] : *members) {
    const std::string below = (path.empty() ? "" : path + ".") + std::string(key);
    paths.insert(below);
    collect_paths(member, below, paths);
  }
}

std::set<std::string> documented_fields(const std::string& section) {
  std::set<std::string> fields;
  for (const ReferencePage::Row& row : page().rows()) {
    const std::string field = ReferencePage::code(row.cells.front());
    if (row.section == section && !field.empty()) fields.insert(field);
  }
  return fields;
}

// Goal: the page matches the code. Method: a full example, once decoded and encoded, is the example
// itself, so it has every field and no other; the section's table lists exactly these; the other
// examples decode.
template <class Decode, class Encode>
void expect_true(const std::string& section, const std::string& label, Decode decode,
                 Encode encode) {
  const std::vector<std::string> full = page().examples(label + " full");
  ASSERT_EQ(full.size(), 1U);
  const auto value = decode(full.front());
  ASSERT_TRUE(value.has_value()) << value.error().message;
  const json::value document = json::parse(full.front());
  EXPECT_EQ(document, json::parse(encode(*value))) << encode(*value);

  std::set<std::string> fields;
  collect_paths(document, "", fields);
  EXPECT_EQ(documented_fields(section), fields);

  for (const std::string& example : page().examples(label)) {
    const auto read = decode(example);
    EXPECT_TRUE(read.has_value()) << example << read.error().message;
  }
}

TEST(ProtocolPage, DescribesHeartbeats) {
  expect_true("Heartbeat", "heartbeat", decode_heartbeat,
              [](const Heartbeat& heartbeat) { return encode(heartbeat); });
  EXPECT_EQ(page().examples("heartbeat").size(), 2U);
}

TEST(ProtocolPage, DescribesAssignments) {
  expect_true("Assignment", "assignment", decode_assignment,
              [](const Assignment& assignment) { return encode(assignment).value(); });
}

TEST(ProtocolPage, DescribesEvents) {
  expect_true("Event", "event", decode_cluster_event,
              [](const ClusterEvent& event) { return encode(event, "hearth."); });
}

TEST(ProtocolPage, DescribesCanaries) {
  expect_true("Canary", "canary", decode_canary,
              [](const Canary& canary) { return encode(canary); });
}

TEST(ProtocolPage, ListsEveryTypeOfEvent) {
  const std::string& text = page().text();
  const std::size_t begin = text.find("<!-- event types -->");
  ASSERT_NE(begin, std::string::npos);
  const std::string list = text.substr(begin, text.find("<!-- end -->", begin) - begin);
  for (auto type = EventType{}; type <= EventType::kInstanceStopped;
       type = static_cast<EventType>(static_cast<int>(type) + 1)) {
    EXPECT_THAT(list, testing::HasSubstr("`" + std::string(name_of(type)) + "`"));
  }
}

}  // namespace
}  // namespace hearth
