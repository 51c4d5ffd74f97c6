// The bus on Apache Kafka. HEARTH_TEST_KAFKA is the broker's address ("HOST:PORT"), and
// HEARTH_TEST_KAFKA_CONTROL a command that breaks and repairs it (kill, up, pause, resume).

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <span>
#include <thread>

#include "adapters/kafka/bus_fixture.h"
#include "adapters/kafka/clients.h"
#include "adapters/kafka/kafka_bus.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class KafkaBrokerTest : public BusFixture {
 protected:
  void SetUp() override {
    const char* address = std::getenv("HEARTH_TEST_KAFKA");
    const char* control = std::getenv("HEARTH_TEST_KAFKA_CONTROL");
    if (address == nullptr || control == nullptr) {
      FAIL() << "HEARTH_TEST_KAFKA or HEARTH_TEST_KAFKA_CONTROL is not set: ./dev test kafka "
                "starts a broker and sets them";
    }
    // By name: a broker at 127.0.0.1 would be polled like an embedded one.
    address_ = "localhost" + std::string(address).substr(std::string(address).rfind(':'));
    control_ = control;
  }

  KafkaConfig config(KafkaRole role = KafkaRole::kManager) const {
    return {.bootstrap = address_,
            .client_id = "test",
            .role = role,
            .send_within = seconds(10),
            .send_queue_max = 2000};
  }

  void control(const std::string& verb) const {
    const std::string command = control_ + " " + verb + " >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  /// A topic name used by no other test and no earlier run.
  static std::string fresh(const std::string& name) {
    return "test." + std::to_string(getpid()) + "." +
           std::to_string(std::chrono::steady_clock::now().time_since_epoch().count() % 1'000'000) +
           "." + name;
  }

  /// The outcome of an admin request made by the tests themselves.
  kafka::Event ask(rd_kafka_t* client,
                   const std::function<void(rd_kafka_queue_t*)>& request) const {
    const kafka::Queue queue(rd_kafka_queue_new(client));
    request(queue.get());
    return kafka::Event(rd_kafka_queue_poll(queue.get(), 20'000));
  }

  std::map<std::string, std::string> settings_of(const std::string& topic) const {
    const auto client = kafka::new_client(RD_KAFKA_PRODUCER, kafka::producer_settings(config()));
    rd_kafka_ConfigResource_t* asked =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    const kafka::Event event = ask(client->get(), [&](rd_kafka_queue_t* queue) {
      rd_kafka_DescribeConfigs(client->get(), &asked, 1, nullptr, queue);
    });
    rd_kafka_ConfigResource_destroy(asked);
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    std::map<std::string, std::string> settings;
    if (count != 1) return settings;
    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
      settings.emplace(rd_kafka_ConfigEntry_name(entry), rd_kafka_ConfigEntry_value(entry));
    }
    return settings;
  }

  void delete_topic_of_the_broker(const std::string& topic) const {
    const auto client = kafka::new_client(RD_KAFKA_PRODUCER, kafka::producer_settings(config()));
    rd_kafka_DeleteTopic_t* doomed = rd_kafka_DeleteTopic_new(topic.c_str());
    const kafka::Event event = ask(client->get(), [&](rd_kafka_queue_t* queue) {
      rd_kafka_DeleteTopics(client->get(), &doomed, 1, nullptr, queue);
    });
    EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_DeleteTopic_destroy(doomed);
  }

  /// Deletes what is before `offset`, as retention would.
  void delete_records_before(const std::string& topic, std::int64_t offset) const {
    const auto client = kafka::new_client(RD_KAFKA_PRODUCER, kafka::producer_settings(config()));
    rd_kafka_topic_partition_list_t* bounds = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(bounds, topic.c_str(), 0)->offset = offset;
    rd_kafka_DeleteRecords_t* doomed = rd_kafka_DeleteRecords_new(bounds);
    rd_kafka_topic_partition_list_destroy(bounds);
    const kafka::Event event = ask(client->get(), [&](rd_kafka_queue_t* queue) {
      rd_kafka_DeleteRecords(client->get(), &doomed, 1, nullptr, queue);
    });
    EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_DeleteRecords_destroy(doomed);
  }

  /// Publishes until a record is acknowledged: a returning broker or a new topic is not known
  /// everywhere at once.
  [[nodiscard]] bool publish_in_the_end(KafkaBus& bus, const BusRecord& record) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (publish(bus, record)) return true;
    }
    return false;
  }

  std::string address_;
  std::string control_;
};

TEST_F(KafkaBrokerTest, TopicsAreCreatedWithTheirSettings) {
  auto manager = open(config());
  const std::string status = fresh("status");
  const std::string assignments = fresh("assignment");
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(status), compact_topic(assignments)}));

  const auto of_status = settings_of(status);
  EXPECT_THAT(of_status, Contains(Pair("cleanup.policy", "delete")));
  EXPECT_THAT(of_status, Contains(Pair("retention.ms", "600000")));
  EXPECT_THAT(of_status, Contains(Pair("segment.ms", "600000")));
  EXPECT_THAT(settings_of(assignments), Contains(Pair("cleanup.policy", "compact")));
}

TEST_F(KafkaBrokerTest, ExistingTopicsAreLeftAsTheyAre) {
  auto manager = open(config());
  const std::string old = fresh("old");
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(old)}));
  ASSERT_TRUE(ensure(*manager->bus, {compact_topic(old), delete_topic(fresh("new"))}));
  EXPECT_THAT(settings_of(old), Contains(Pair("cleanup.policy", "delete")));
}

TEST_F(KafkaBrokerTest, MoreTopicsThanFitOneRequestAreCreated) {
  auto manager = open(config());
  std::vector<TopicSpec> many;
  for (int i = 0; i < 201; ++i) many.push_back(delete_topic(fresh(std::to_string(i))));
  ASSERT_TRUE(ensure(*manager->bus, many));
  ASSERT_TRUE(publish_in_the_end(*manager->bus, {.topic = many.back().name, .payload = "x"}));
}

TEST_F(KafkaBrokerTest, AnImpossibleTopicIsRefusedByName) {
  auto manager = open(config());
  const auto result = ensure(*manager->bus, {delete_topic("no spaces, please")});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(result.error().message.find("'no spaces, please'"), std::string::npos);
}

TEST_F(KafkaBrokerTest, ARefusedTopicDoesNotPreventOthers) {
  auto manager = open(config());
  std::vector<TopicSpec> many = {delete_topic("no spaces, please")};
  for (int i = 0; i < 201; ++i) many.push_back(delete_topic(fresh(std::to_string(i))));
  const std::vector<TopicFailure> failures = failures_of(*manager->bus, many);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].topic, "no spaces, please");
  EXPECT_TRUE(publish_in_the_end(*manager->bus, {.topic = many[1].name, .payload = "x"}));
  EXPECT_TRUE(publish_in_the_end(*manager->bus, {.topic = many.back().name, .payload = "x"}));
}

TEST_F(KafkaBrokerTest, WithoutABrokerEachTopicIsReportedAsFailed) {
  KafkaConfig nowhere = config();
  nowhere.bootstrap = "127.0.0.1:1";
  auto manager = open(nowhere);
  std::vector<TopicSpec> many;
  for (int i = 0; i < 201; ++i) many.push_back(delete_topic(fresh(std::to_string(i))));
  EXPECT_EQ(failures_of(*manager->bus, many).size(), many.size());
}

// Goal: the loss of a topic is reported to its sender and its followers, since no other party
// creates it again.
TEST_F(KafkaBrokerTest, ADeletedTopicIsReportedAsMissing) {
  const std::string topic = fresh("canary");
  auto manager = open(config());
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(topic)}));
  manager->bus->follow(topic, FollowFrom::kEnd);
  ASSERT_TRUE(publish_in_the_end(*manager->bus, {.topic = topic, .payload = "there"}));
  ASSERT_THAT(manager->missing, IsEmpty());

  delete_topic_of_the_broker(topic);
  ASSERT_TRUE(run_until([&] { return !manager->missing.empty(); }));
  EXPECT_THAT(manager->missing, Contains(topic));
  EXPECT_EQ(publish(*manager->bus, {.topic = topic, .payload = "gone"}).error().code,
            ErrorCode::kNotFound);

  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(topic)}));
  ASSERT_TRUE(run_until([&] {
    return publish(*manager->bus, {.topic = topic, .payload = "anew"}).has_value() &&
           run_until([&] { return !manager->messages.empty(); }, milliseconds(500));
  }));
}

TEST_F(KafkaBrokerTest, ACompactedTopicRequiresAKey) {
  auto manager = open(config());
  const std::string topic = fresh("assignment");
  ASSERT_TRUE(ensure(*manager->bus, {compact_topic(topic)}));
  ASSERT_TRUE(publish_in_the_end(*manager->bus, {.topic = topic, .key = "n", .payload = "1"}));
  const auto refused = publish(*manager->bus, {.topic = topic, .key = "", .payload = "2"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(manager->bus->counters().errors.at("INVALID_RECORD"), 1U);
}

TEST_F(KafkaBrokerTest, FollowingAndPublishingDoNotCreateATopic) {
  KafkaConfig hasty = config();
  hasty.send_within = milliseconds(500);
  auto one = open(hasty);
  const std::string topic = fresh("nobodys");
  one->bus->follow(topic, FollowFrom::kEnd);
  EXPECT_EQ(publish(*one->bus, {.topic = topic, .payload = "x"}).error().code, ErrorCode::kTimeout);
  ASSERT_TRUE(run_until([&] { return !one->errors.empty(); }));
  EXPECT_EQ(one->errors[0].code, ErrorCode::kNotFound);
  EXPECT_THAT(settings_of(topic), IsEmpty());
}

TEST_F(KafkaBrokerTest, ATopicCreatedAfterItWasFollowedIsRead) {
  const std::string topic = fresh("late");
  auto agent = open(config(KafkaRole::kAgent));
  agent->bus->follow(topic, FollowFrom::kBeginning);
  ASSERT_TRUE(run_until([&] { return !agent->errors.empty(); }));
  EXPECT_EQ(agent->errors[0].code, ErrorCode::kNotFound);

  auto manager = open(config());
  ASSERT_TRUE(ensure(*manager->bus, {compact_topic(topic)}));
  ASSERT_TRUE(
      publish_in_the_end(*manager->bus, {.topic = topic, .key = "n", .payload = "assignment"}));
  ASSERT_TRUE(run_until([&] { return !agent->messages.empty(); }, seconds(5)));
  EXPECT_EQ(agent->messages[0].payload, "assignment");
}

TEST_F(KafkaBrokerTest, FromTheBeginningReadsWhatIsLeft) {
  const std::string topic = fresh("status");
  auto manager = open(config());
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(topic)}));
  ASSERT_TRUE(publish_in_the_end(*manager->bus, {.topic = topic, .payload = "0"}));
  ASSERT_TRUE(publish(*manager->bus, {.topic = topic, .payload = "1"}));
  ASSERT_TRUE(publish(*manager->bus, {.topic = topic, .payload = "2"}));
  delete_records_before(topic, 2);

  auto late = open(config());
  late->bus->follow(topic, FollowFrom::kBeginning);
  ASSERT_TRUE(run_until([&] { return !late->caught_up.empty(); }));
  EXPECT_THAT(late->payloads(), ElementsAre("2"));
}

TEST_F(KafkaBrokerTest, ARecreatedTopicIsStillFollowed) {
  const std::string topic = fresh("assignment");
  auto manager = open(config());
  auto agent = open(config(KafkaRole::kAgent));
  ASSERT_TRUE(ensure(*manager->bus, {compact_topic(topic)}));
  for (const char* revision : {"1", "2", "3"}) {
    ASSERT_TRUE(
        publish_in_the_end(*manager->bus, {.topic = topic, .key = "n", .payload = revision}));
  }
  agent->bus->follow(topic, FollowFrom::kBeginning);
  ASSERT_TRUE(run_until([&] { return agent->messages.size() == 3; }));

  delete_topic_of_the_broker(topic);
  run_for(seconds(1));
  ASSERT_TRUE(ensure(*manager->bus, {compact_topic(topic)}));
  ASSERT_TRUE(publish_in_the_end(*manager->bus, {.topic = topic, .key = "n", .payload = "anew"}));
  ASSERT_TRUE(run_until([&] { return agent->messages.size() == 4; }, seconds(20)));
  EXPECT_EQ(agent->messages.back().payload, "anew");
}

// Goal: killing a broker costs the time until it is back, and no acknowledged record.
TEST_F(KafkaBrokerTest, AKilledBrokerIsFoundAgain) {
  const std::string topic = fresh("status");
  auto manager = open(config());
  auto agent = open(config(KafkaRole::kAgent));
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(topic)}));
  manager->bus->follow(topic, FollowFrom::kBeginning);
  std::vector<std::string> acknowledged;
  int heartbeat = 0;
  const auto beat = [&] {
    const std::string payload = std::to_string(heartbeat++);
    if (publish(*agent->bus, {.topic = topic, .payload = payload})) acknowledged.push_back(payload);
  };
  for (int i = 0; i < 10; ++i) beat();
  ASSERT_THAT(acknowledged, Contains("9"));

  control("kill");
  ASSERT_TRUE(run_until([&] { return !manager->bus->connected(); }));
  ASSERT_TRUE(run_until([&] { return !agent->bus->connected(); }));
  control("up");
  const auto back = std::chrono::steady_clock::now();
  const std::size_t before = acknowledged.size();
  ASSERT_TRUE(run_until([&] {
    beat();
    return acknowledged.size() > before;
  }));
  ASSERT_TRUE(run_until([&] { return manager->payloads().back() == acknowledged.back(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - back, seconds(5));
  for (const std::string& payload : acknowledged)
    EXPECT_THAT(manager->payloads(), Contains(payload));
  EXPECT_TRUE(run_until([&] { return manager->bus->connected(); }));
}

// Goal: the behaviour of a stalled broker. Nothing arrives and nothing fails before its timeout;
// when it continues, held records arrive at once, stamped with their arrival.
TEST_F(KafkaBrokerTest, AStalledBrokerIsSilentAndThenDeliversABurst) {
  const std::string topic = fresh("status");
  auto manager = open(config());
  KafkaConfig agent_config = config(KafkaRole::kAgent);
  agent_config.send_within = milliseconds(1500);
  auto agent = open(agent_config);
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(topic)}));
  manager->bus->follow(topic, FollowFrom::kBeginning);
  ASSERT_TRUE(publish_in_the_end(*agent->bus, {.topic = topic, .payload = "before"}));
  ASSERT_TRUE(run_until([&] { return manager->messages.size() == 1; }));

  control("pause");
  std::vector<ErrorCode> failed;
  int ended = 0;
  for (int i = 0; i < 3; ++i) {
    agent->bus->publish({.topic = topic, .payload = "stalled"}, [&](const Result<void>& result) {
      ++ended;
      if (!result) failed.push_back(result.error().code);
    });
  }
  run_for(seconds(1));
  EXPECT_EQ(manager->messages.size(), 1U);
  EXPECT_EQ(ended, 0);
  EXPECT_TRUE(manager->bus->connected()) << "a stall breaks no connection";
  const MonoTime resumed = clock_.now().mono;
  control("resume");

  ASSERT_TRUE(run_until([&] { return ended == 3; }));
  ASSERT_TRUE(publish_in_the_end(*agent->bus, {.topic = topic, .payload = "after"}));
  ASSERT_TRUE(run_until([&] { return manager->messages.back().payload == "after"; }));
  for (std::size_t i = 1; i < manager->messages.size(); ++i) {
    EXPECT_GE(manager->messages[i].received_at, resumed);
  }
}

TEST_F(KafkaBrokerTest, EndsInBoundedTimeWhateverTheBrokerDoes) {
  const std::string topic = fresh("status");
  for (const auto& [breaks, mends] : {std::pair("kill", "up"), std::pair("pause", "resume")}) {
    auto one = open(config());
    ASSERT_TRUE(ensure(*one->bus, {delete_topic(topic)}));
    one->bus->follow(topic, FollowFrom::kBeginning);
    ASSERT_TRUE(publish_in_the_end(*one->bus, {.topic = topic, .payload = "x"}));
    control(breaks);
    one->bus->publish({.topic = topic, .payload = "on its way"}, [](const Result<void>&) {});
    const auto begin = std::chrono::steady_clock::now();
    one.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1200)) << breaks;
    control(mends);
  }
}

TEST_F(KafkaBrokerTest, TheLargestRecordArrives) {
  const std::string assignments = fresh("assignment");
  auto manager = open(config());
  auto agent = open(config(KafkaRole::kAgent));
  ASSERT_TRUE(ensure(*manager->bus, {compact_topic(assignments)}));
  agent->bus->follow(assignments, FollowFrom::kBeginning);
  ASSERT_TRUE(publish_in_the_end(
      *manager->bus,
      {.topic = assignments, .key = "n", .payload = std::string(kRecordBytesMax - 1, 'x')}));
  ASSERT_TRUE(run_until([&] { return agent->messages.size() == 1; }));
  EXPECT_EQ(agent->messages[0].payload.size(), kRecordBytesMax - 1);
}

TEST_F(KafkaBrokerTest, ABurstOfAThousandArrivesWholeAndInOrder) {
  const std::string topic = fresh("events");
  auto manager = open(config());
  ASSERT_TRUE(ensure(*manager->bus, {delete_topic(topic)}));
  ASSERT_TRUE(publish_in_the_end(*manager->bus, {.topic = topic, .payload = "first"}));
  manager->bus->follow(topic, FollowFrom::kBeginning);
  for (int i = 0; i < 1000; ++i) {
    manager->bus->publish({.topic = topic, .payload = std::to_string(i)},
                          [](const Result<void>&) {});
  }
  ASSERT_TRUE(run_until([&] { return manager->messages.size() == 1001; }));
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(manager->messages[i + 1].payload, std::to_string(i));
  }
}

// Goal: a backlog on one topic delays no other. Whenever the read-ahead over all topics is at its
// bound, the library waits a second, which blinds a manager whose canary waits with it.
TEST_F(KafkaBrokerTest, ABacklogOnOneTopicDelaysNoOther) {
  const std::string crowded = fresh("status");
  const std::string canary = fresh("canary");
  constexpr std::size_t kBacklog = 6000;
  const std::string of_a_heartbeat(1500, 'x');  // More than fit into one answer of the broker.
  auto agent = open(config());
  ASSERT_TRUE(ensure(*agent->bus, {delete_topic(crowded), delete_topic(canary)}));
  ASSERT_TRUE(publish_in_the_end(*agent->bus, {.topic = canary, .payload = "first"}));
  ASSERT_TRUE(publish_in_the_end(*agent->bus, {.topic = crowded, .payload = "first"}));
  for (std::size_t sent = 1; sent < kBacklog;) {
    std::size_t ended = 0;
    const std::size_t round = std::min<std::size_t>(1000, kBacklog - sent);
    for (std::size_t i = 0; i < round; ++i) {
      agent->bus->publish({.topic = crowded, .payload = of_a_heartbeat},
                          [&](const Result<void>& result) {
                            EXPECT_TRUE(result);
                            ++ended;
                          });
    }
    ASSERT_TRUE(run_until([&] { return ended == round; }));
    sent += round;
  }

  auto manager = open(config());
  manager->bus->follow(canary, FollowFrom::kBeginning);
  ASSERT_TRUE(run_until([&] { return !manager->caught_up.empty(); }));
  manager->bus->follow(crowded, FollowFrom::kBeginning);
  ASSERT_TRUE(run_until([&] { return manager->messages.size() > 100; }));
  // The loop is busy meanwhile, and the read-ahead grows.
  std::this_thread::sleep_for(milliseconds(500));
  agent->bus->publish({.topic = canary, .payload = "second"}, [](const Result<void>&) {});
  // A topic whose fetching is paused at a bound of the queue is checked again after a second.
  EXPECT_TRUE(run_until(
      [&] { return std::ranges::count(manager->messages, canary, &BusMessage::topic) == 2; },
      milliseconds(800)));
  EXPECT_TRUE(run_until([&] { return manager->messages.size() == kBacklog + 2; }));
}

}  // namespace
}  // namespace hearth
