#include "adapters/kafka/kafka_bus.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>

#include "adapters/kafka/bus_fixture.h"
#include "adapters/kafka/clients.h"
#include "adapters/kafka/embedded_broker.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kNobodyThere = "127.0.0.1:1";

std::unique_ptr<EmbeddedBroker> start_broker() {
  auto started = EmbeddedBroker::start();
  if (!started) std::abort();
  return std::move(*started);
}

/// The bus on a broker inside this process. One broker for all tests, because it takes a second to
/// end; each test has a topic of its own.
class KafkaBusTest : public BusFixture {
 protected:
  static void SetUpTestSuite() { broker_ = start_broker(); }
  static void TearDownTestSuite() { broker_.reset(); }

  const std::string topic_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();

  KafkaConfig config(KafkaRole role = KafkaRole::kManager) const {
    return {.bootstrap = broker_->bootstrap(),
            .client_id = "test",
            .role = role,
            .send_within = seconds(5),
            .send_queue_max = 2000};
  }

  inline static std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(KafkaBusTest, CarriesKeyAndPayloadOfAnyBytes) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*one->bus, {compact_topic(topic_)}));
  one->bus->follow(topic_, FollowFrom::kBeginning);

  const std::string odd("\0\xff{not json", 11);
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .key = "node-1", .payload = odd}));
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .key = "", .payload = ""}));
  ASSERT_TRUE(run_until([&] { return one->messages.size() == 2; }));

  EXPECT_EQ(one->messages[0].topic, topic_);
  EXPECT_EQ(one->messages[0].key, "node-1");
  EXPECT_EQ(one->messages[0].payload, odd);
  EXPECT_EQ(one->messages[0].offset, 0);
  EXPECT_EQ(one->messages[1].key, "");
  EXPECT_EQ(one->messages[1].payload, "");
  EXPECT_EQ(one->bus->counters().sent, 2U);
  EXPECT_EQ(one->bus->counters().received, 2U);
  EXPECT_TRUE(one->bus->connected());
}

TEST_F(KafkaBusTest, FromTheBeginningAllRecordsArriveAndThenTheEnd) {
  auto writer = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*writer->bus, {compact_topic(topic_)}));
  for (const char* revision : {"1", "2", "3"}) {
    ASSERT_TRUE(publish(*writer->bus, {.topic = topic_, .key = "k", .payload = revision}));
  }

  auto reader = open(config(KafkaRole::kAgent));
  reader->bus->follow(topic_, FollowFrom::kBeginning);
  ASSERT_TRUE(run_until([&] { return !reader->caught_up.empty(); }));
  EXPECT_THAT(reader->payloads(), ElementsAre("1", "2", "3"));
}

TEST_F(KafkaBusTest, AnEmptyTopicIsCaughtUpAtOnce) {
  auto reader = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*reader->bus, {compact_topic(topic_)}));
  reader->bus->follow(topic_, FollowFrom::kBeginning);
  EXPECT_TRUE(run_until([&] { return !reader->caught_up.empty(); }));
  EXPECT_THAT(reader->messages, IsEmpty());
}

TEST_F(KafkaBusTest, FromTheEndOnlyNewRecordsArrive) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*one->bus, {delete_topic(topic_)}));
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .key = "", .payload = "old"}));
  one->bus->follow(topic_, FollowFrom::kEnd);
  // The moment the end is found is not reported: a record sent repeatedly must arrive eventually.
  ASSERT_TRUE(run_until([&] {
    EXPECT_TRUE(publish(*one->bus, {.topic = topic_, .key = "", .payload = "new"}));
    return !one->messages.empty();
  }));
  EXPECT_EQ(one->messages[0].payload, "new");
  EXPECT_THAT(one->caught_up, IsEmpty());
}

TEST_F(KafkaBusTest, ATopicCreatedAfterItWasFollowedIsRead) {
  auto reader = open(config(KafkaRole::kAgent));
  reader->bus->follow(topic_, FollowFrom::kBeginning);
  run_for(milliseconds(100));

  auto writer = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*writer->bus, {compact_topic(topic_)}));
  ASSERT_TRUE(publish(*writer->bus, {.topic = topic_, .key = "k", .payload = "assignment"}));
  ASSERT_TRUE(run_until([&] { return !reader->messages.empty(); }, seconds(5)));
  EXPECT_EQ(reader->messages[0].payload, "assignment");
}

TEST_F(KafkaBusTest, FollowingATopicTwiceChangesNothing) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*one->bus, {compact_topic(topic_)}));
  one->bus->follow(topic_, FollowFrom::kBeginning);
  one->bus->follow(topic_, FollowFrom::kBeginning);
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .key = "", .payload = "1"}));
  ASSERT_TRUE(run_until([&] { return one->messages.size() == 1; }));

  one->bus->follow(topic_, FollowFrom::kBeginning);
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .key = "", .payload = "2"}));
  ASSERT_TRUE(run_until([&] { return one->messages.size() == 2; }));
  run_for(milliseconds(100));
  EXPECT_THAT(one->payloads(), ElementsAre("1", "2")) << "nothing is read again";
}

TEST_F(KafkaBusTest, ABurstOfSeveralTurnsArrivesWholeAndInOrder) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*one->bus, {delete_topic(topic_)}));
  one->bus->follow(topic_, FollowFrom::kBeginning);
  int acknowledged = 0;
  for (int i = 0; i < 1000; ++i) {
    one->bus->publish({.topic = topic_, .key = "", .payload = std::to_string(i)},
                      [&](const Result<void>& result) { acknowledged += result ? 1 : 0; });
  }
  ASSERT_TRUE(run_until([&] { return one->messages.size() == 1000 && acknowledged == 1000; }));
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(one->messages[i].payload, std::to_string(i));
}

// Goal: no stamp is before the sending of its message; a late loop makes it later, never earlier.
TEST_F(KafkaBusTest, AMessageIsStampedWhenTheLoopTakesIt) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*one->bus, {delete_topic(topic_)}));
  one->bus->follow(topic_, FollowFrom::kBeginning);
  const MonoTime sent = clock_.now().mono;
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .key = "", .payload = "x"}));
  const MonoTime acknowledged = clock_.now().mono;
  std::this_thread::sleep_for(milliseconds(200));  // The loop is busy with other work.
  const MonoTime back = clock_.now().mono;
  ASSERT_TRUE(run_until([&] { return !one->messages.empty(); }));
  const MonoTime received = one->messages[0].received_at;
  EXPECT_GE(received, sent);
  EXPECT_TRUE(received <= acknowledged || received >= back);
  EXPECT_LE(received, clock_.now().mono);
}

TEST_F(KafkaBusTest, AFullSendQueueRefusesAndRecovers) {
  KafkaConfig small = config();
  small.bootstrap = kNobodyThere;
  small.send_within = milliseconds(200);
  small.send_queue_max = 5;
  auto one = open(small);
  std::vector<ErrorCode> ended;
  for (int i = 0; i < 6; ++i) {
    one->bus->publish({.topic = topic_, .key = "", .payload = "x"},
                      [&](const Result<void>& result) { ended.push_back(result.error().code); });
  }
  EXPECT_THAT(ended, IsEmpty());
  ASSERT_TRUE(run_until([&] { return !ended.empty(); }));
  EXPECT_THAT(ended, ElementsAre(ErrorCode::kExhausted));
  ASSERT_TRUE(run_until([&] { return ended.size() == 6; }));
  EXPECT_EQ(std::count(ended.begin(), ended.end(), ErrorCode::kTimeout), 5);
  EXPECT_EQ(one->bus->counters().unsent, 6U);
  EXPECT_EQ(one->bus->counters().errors.at("_QUEUE_FULL"), 1U);
  EXPECT_FALSE(one->bus->connected());
  EXPECT_EQ(publish(*one->bus, {.topic = topic_, .key = "", .payload = "x"}).error().code,
            ErrorCode::kTimeout);
}

TEST_F(KafkaBusTest, ARecordAboveTheBoundIsNotSent) {
  auto one = open(config(), broker_.get());
  const std::string payload(kRecordBytesMax, 'x');
  const auto result = publish(*one->bus, {.topic = topic_, .key = "k", .payload = payload});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(KafkaBusTest, AnInvalidTopicNameIsRefused) {
  auto one = open(config(), broker_.get());
  const std::string name(600, 'x');
  EXPECT_EQ(publish(*one->bus, {.topic = name, .payload = "x"}).error().code,
            ErrorCode::kInvalidArgument);
  one->bus->follow(name, FollowFrom::kEnd);
  ASSERT_TRUE(run_until([&] { return !one->errors.empty(); }));
  EXPECT_EQ(one->errors[0].code, ErrorCode::kInvalidArgument);
}

TEST_F(KafkaBusTest, TheLargestRecordArrivesAndALargerOneIsDroppedAndCounted) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(ensure(*one->bus, {delete_topic(topic_)}));
  one->bus->follow(topic_, FollowFrom::kBeginning);
  auto foreign = kafka::new_client(RD_KAFKA_PRODUCER, kafka::producer_settings(config()));
  ASSERT_TRUE(foreign);
  std::string payload(kRecordBytesMax + 1, 'x');
  ASSERT_EQ(rd_kafka_producev(foreign->get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
                              RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_VALUE(payload.data(), payload.size()), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(run_until([&] { return one->bus->counters().dropped == 1; }));
  ASSERT_TRUE(publish(*one->bus, {.topic = topic_, .payload = std::string(kRecordBytesMax, 'y')}));
  ASSERT_TRUE(run_until([&] { return one->messages.size() == 1; }));
  EXPECT_EQ(one->messages[0].payload.size(), kRecordBytesMax);
  EXPECT_EQ(one->messages[0].offset, 1);
  ASSERT_THAT(one->oversized, SizeIs(1));
  EXPECT_EQ(one->oversized[0].topic, topic_);
  EXPECT_EQ(one->oversized[0].offset, 0);
  EXPECT_THAT(one->oversized[0].payload, IsEmpty());
  EXPECT_THAT(one->errors, IsEmpty()) << "the bus is fine";
}

TEST_F(KafkaBusTest, SwitchesToABrokerRestartedAtAnotherPort) {
  auto agent = open(config(KafkaRole::kAgent));
  ASSERT_TRUE(broker_->create_topic(topic_));
  agent->bus->follow(topic_, FollowFrom::kBeginning);
  ASSERT_TRUE(publish(*agent->bus, {.topic = topic_, .payload = "first run"}));
  ASSERT_TRUE(run_until([&] { return agent->messages.size() == 1; }));

  broker_.reset();
  ASSERT_TRUE(run_until([&] { return !agent->bus->connected(); }));
  std::optional<Result<void>> left;
  agent->bus->publish({.topic = topic_, .payload = "lost"},
                      [&](Result<void> result) { left = std::move(result); });

  broker_ = start_broker();
  ASSERT_TRUE(broker_->create_topic(topic_));
  ASSERT_TRUE(agent->bus->reconnect(broker_->bootstrap()));
  ASSERT_TRUE(run_until([&] { return left.has_value(); }));
  EXPECT_EQ(left->error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(publish(*agent->bus, {.topic = topic_, .payload = "second run"}));
  ASSERT_TRUE(run_until([&] { return agent->messages.size() == 2; }));
  EXPECT_EQ(agent->messages[1].payload, "second run");
  EXPECT_EQ(agent->messages[1].offset, 0);
  EXPECT_TRUE(agent->bus->connected());
}

TEST_F(KafkaBusTest, ReconnectToTheSameBrokersLosesNothing) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(broker_->create_topic(topic_));
  std::optional<Result<void>> ended;
  one->bus->publish({.topic = topic_, .payload = "x"},
                    [&](Result<void> result) { ended = std::move(result); });
  ASSERT_TRUE(one->bus->reconnect(broker_->bootstrap()));
  ASSERT_TRUE(run_until([&] { return ended.has_value(); }));
  EXPECT_TRUE(ended->has_value());
}

TEST_F(KafkaBusTest, AHandlerMayDestroyTheBus) {
  auto one = open(config(), broker_.get());
  ASSERT_TRUE(broker_->create_topic(topic_));
  bool called = false;
  const std::string held = "by the handler itself";
  std::string seen_after;
  one->bus->set_handlers({.on_message =
                              [&, held](const BusMessage&) {
                                one->bus.reset();
                                seen_after = held;
                                called = true;
                              },
                          .on_caught_up = {},
                          .on_error = {}});
  one->bus->follow(topic_, FollowFrom::kBeginning);
  one->bus->publish({.topic = topic_, .payload = "x"}, [](const Result<void>&) {});
  ASSERT_TRUE(run_until([&] { return called; }));
  EXPECT_EQ(seen_after, held);
  run_for(milliseconds(50));
}

TEST_F(KafkaBusTest, RecordsInFlightAreGivenTimeToArrive) {
  auto reader = open(config());
  ASSERT_TRUE(broker_->create_topic(topic_));
  reader->bus->follow(topic_, FollowFrom::kBeginning);
  auto writer = open(config(), broker_.get());
  ASSERT_TRUE(publish(*writer->bus, {.topic = topic_, .payload = "1"}));
  bool completed = false;
  writer->bus->publish({.topic = topic_, .payload = "last words"},
                       [&](const Result<void>&) { completed = true; });
  writer.reset();
  ASSERT_TRUE(run_until([&] { return reader->messages.size() == 2; }));
  EXPECT_FALSE(completed) << "a destroyed bus completes nothing";
}

TEST_F(KafkaBusTest, EndsInBoundedTimeWhateverTheBrokersDo) {
  const auto ends_within = [&](std::unique_ptr<Listening> one) {
    const auto begin = std::chrono::steady_clock::now();
    one.reset();
    return std::chrono::steady_clock::now() - begin;
  };
  // 192.0.2.0/24 is reserved for documentation (RFC 5737): a connection to it stays half open.
  for (const char* bootstrap : {kNobodyThere, "192.0.2.1:9092", "no-such-host.invalid:9092"}) {
    KafkaConfig nowhere = config();
    nowhere.bootstrap = bootstrap;
    auto one = open(nowhere);
    one->bus->follow(topic_, FollowFrom::kBeginning);
    one->bus->publish({.topic = topic_, .payload = "x"}, [](const Result<void>&) {});
    run_for(milliseconds(100));
    EXPECT_LT(ends_within(std::move(one)), milliseconds(1200)) << bootstrap;
  }
  auto orphan = open(config(), broker_.get());
  ASSERT_TRUE(broker_->create_topic(topic_));
  orphan->bus->follow(topic_, FollowFrom::kBeginning);
  ASSERT_TRUE(publish(*orphan->bus, {.topic = topic_, .payload = "x"}));
  broker_.reset();
  EXPECT_LT(ends_within(std::move(orphan)), milliseconds(1200));
  broker_ = start_broker();
}

TEST_F(KafkaBusTest, ABootstrapWithoutABrokerIsRefused) {
  for (const char* bootstrap : {"", "localhost", ":9092", "host:", "host:0", "host:65536",
                                "host:123456", "host:9092,", "host:port", "a:1,,b:2"}) {
    KafkaConfig wrong = config();
    wrong.bootstrap = bootstrap;
    const auto opened = KafkaBus::open(loop_, clock_, wrong);
    ASSERT_FALSE(opened.has_value()) << bootstrap;
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalidArgument) << bootstrap;
  }
  auto one = open(config(), broker_.get());
  EXPECT_FALSE(one->bus->reconnect("nonsense"));
  ASSERT_TRUE(broker_->create_topic(topic_));
  EXPECT_TRUE(publish(*one->bus, {.topic = topic_, .payload = "still there"}));
}

}  // namespace
}  // namespace hearth
