#include "sim/bus.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace hearth::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kStatus = "status";
constexpr const char* kKept = "kept";

class SimBusTest : public testing::Test {
 protected:
  SimBusTest() {
    host.boot();
    broker.make({.name = kStatus, .cleanup = TopicCleanup::kDelete, .retention = {}});
    broker.make({.name = kKept, .cleanup = TopicCleanup::kCompact, .retention = {}});
    reader.set_handlers(
        {.on_message =
             [this](const BusMessage& message) {
               read.push_back(message.payload);
               last_offset = message.offset;
             },
         .on_caught_up = [this](const std::string&) { read.emplace_back("the end"); },
         .on_error = [this](const Error& error) { errors.push_back(error.message); },
         .on_missing = [this](const std::string& topic) { missing.push_back(topic); },
         .on_oversized = [this](const BusMessage&,
                                const Error&) { read.emplace_back("too large"); }});
  }
  ~SimBusTest() override { loop.end(); }

  void pass(Duration duration) { world.run_until(world.now() + duration); }
  void publish(const std::string& topic, const std::string& payload) {
    writer.publish({.topic = topic, .key = "key", .payload = payload},
                   [this](const Result<void>& outcome) {
                     outcomes.emplace_back(outcome ? "sent" : outcome.error().message);
                   });
  }

  World world{1, {}};
  SimHost host{world, {}};
  SimDisk disk{world, {.low = 1ms, .high = 8ms}};
  SimLoop loop{host, disk};
  SimBroker broker{world, "canary"};
  SimBus writer{
      loop,
      broker,
      {.way = "writer", .bootstrap = broker.address(), .send_within = 1500ms, .send_queue_max = 4},
      {}};
  SimBus reader{
      loop,
      broker,
      {.way = "reader", .bootstrap = broker.address(), .send_within = 1500ms, .send_queue_max = 4},
      {}};
  std::vector<std::string> read;
  std::vector<std::string> errors;
  std::vector<std::string> missing;
  std::vector<std::string> outcomes;
  std::int64_t last_offset = -1;
};

TEST_F(SimBusTest, AReaderFromTheEndMissesEarlierRecords) {
  publish(kStatus, "before");
  pass(100ms);
  reader.follow(kStatus, FollowFrom::kEnd);
  pass(100ms);
  publish(kStatus, "after");
  pass(100ms);
  EXPECT_THAT(read, ElementsAre("after"));
  EXPECT_EQ(last_offset, 1);
  EXPECT_THAT(outcomes, ElementsAre("sent", "sent"));
}

TEST_F(SimBusTest, AReaderWhoseWayOpensLateJoinsLate) {
  broker.cut("reader");
  reader.follow(kStatus, FollowFrom::kEnd);
  publish(kStatus, "missed");
  pass(1s);
  broker.join("reader");
  pass(1s);
  publish(kStatus, "seen");
  pass(1s);
  EXPECT_THAT(read, ElementsAre("seen"));
}

TEST_F(SimBusTest, AReaderFromTheBeginningGetsAllKeptRecordsAndTheEnd) {
  publish(kKept, "newest");
  pass(100ms);
  reader.follow(kKept, FollowFrom::kBeginning);
  pass(100ms);
  EXPECT_THAT(read, ElementsAre("newest", "the end"));
}

TEST_F(SimBusTest, ACutWayHoldsRecordsBack) {
  reader.follow(kStatus, FollowFrom::kEnd);
  pass(100ms);
  broker.cut("reader");
  publish(kStatus, "held back");
  pass(100ms);
  EXPECT_THAT(read, IsEmpty());
  EXPECT_TRUE(reader.is_interrupted(kStatus));
  broker.join("reader");
  pass(100ms);
  EXPECT_THAT(read, ElementsAre("held back"));
  EXPECT_FALSE(reader.is_interrupted(kStatus));
}

TEST_F(SimBusTest, ARecordThatCannotLeaveWaitsForAWhile) {
  broker.set_state(SimBroker::State::kDown);
  publish(kStatus, "soon");
  pass(1s);
  EXPECT_THAT(outcomes, IsEmpty());
  broker.set_state(SimBroker::State::kCarries);
  pass(100ms);
  EXPECT_THAT(outcomes, ElementsAre("sent"));
  broker.set_state(SimBroker::State::kDown);
  publish(kStatus, "too late");
  pass(2s);
  EXPECT_THAT(outcomes, ElementsAre("sent", HasSubstr("not acknowledged in time")));
  EXPECT_THAT(errors, testing::Contains(HasSubstr("no broker answers")));
}

TEST_F(SimBusTest, AStalledBrokerAcceptsWithoutAcknowledging) {
  reader.follow(kStatus, FollowFrom::kEnd);
  pass(100ms);
  broker.set_state(SimBroker::State::kStalled);
  publish(kStatus, "written anyway");
  pass(2s);
  EXPECT_THAT(outcomes, ElementsAre(HasSubstr("not acknowledged in time")));
  EXPECT_THAT(read, IsEmpty());
  broker.set_state(SimBroker::State::kCarries);
  pass(100ms);
  EXPECT_THAT(read, ElementsAre("written anyway"));
}

TEST_F(SimBusTest, AFullQueueAndALargeRecordAreRefused) {
  broker.set_state(SimBroker::State::kDown);
  for (int i = 0; i < 5; ++i) publish(kStatus, "one");
  publish(kStatus, std::string(SimBus::kRecordBytesMax, 'x'));
  pass(100ms);
  EXPECT_THAT(outcomes, ElementsAre(HasSubstr("queue is full"), HasSubstr("a record of")));
}

TEST_F(SimBusTest, ALostTopicIsReportedUntilItIsCreatedAgain) {
  reader.follow(kStatus, FollowFrom::kEnd);
  pass(100ms);
  broker.lose_topics();
  pass(2500ms);
  EXPECT_THAT(missing, ElementsAre(kStatus, kStatus, kStatus));
  publish(kStatus, "nowhere");
  pass(100ms);
  EXPECT_THAT(outcomes, ElementsAre("unknown topic"));
  reader.ensure_topics({{.name = kStatus}},
                       [](const auto& failures) { EXPECT_THAT(failures, IsEmpty()); });
  pass(2s);
  EXPECT_TRUE(reader.reads(kStatus));
  publish(kStatus, "again");
  pass(100ms);
  EXPECT_THAT(read, ElementsAre("again"));
}

TEST_F(SimBusTest, ReportsTopicsThatCannotBeCreated) {
  broker.set_state(SimBroker::State::kDown);
  std::vector<std::string> failed;
  writer.ensure_topics({{.name = "new"}}, [&](const std::vector<TopicFailure>& failures) {
    for (const TopicFailure& one : failures) failed.push_back(one.topic);
  });
  pass(5s);
  EXPECT_THAT(failed, ElementsAre("new"));
}

TEST_F(SimBusTest, ABusFollowsABrokerThatMoved) {
  reader.follow(kKept, FollowFrom::kBeginning);
  pass(100ms);
  broker.move_to("elsewhere:1");
  pass(2s);
  EXPECT_FALSE(reader.is_connected());
  ASSERT_TRUE(reader.reconnect("elsewhere:1"));
  ASSERT_TRUE(writer.reconnect("elsewhere:1"));
  broker.make({.name = kKept, .cleanup = TopicCleanup::kCompact, .retention = {}});
  publish(kKept, "there");
  pass(2s);
  EXPECT_EQ(read.back(), "the end");
  EXPECT_THAT(read, testing::Contains("there"));
}

TEST_F(SimBusTest, ForeignRecordsAreDeliveredButNeverTheLastOneKept) {
  reader.follow(kKept, FollowFrom::kBeginning);
  publish(kKept, "ours");
  pass(100ms);
  broker.write_foreign(kKept, std::string(SimBus::kRecordBytesMax + 1, 'x'));
  pass(100ms);
  EXPECT_THAT(read, testing::Contains("too large"));
  EXPECT_EQ(broker.newest(kKept)->payload, "ours");
}

TEST_F(SimBusTest, AFrozenReaderReadsWhenItThaws) {
  reader.follow(kStatus, FollowFrom::kEnd);
  pass(100ms);
  publish(kStatus, "one");
  host.freeze();
  pass(1s);
  EXPECT_THAT(read, IsEmpty());
  host.thaw();
  pass(100ms);
  EXPECT_THAT(read, ElementsAre("one"));
}

}  // namespace
}  // namespace hearth::sim
