#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/kafka/kafka_bus.h"

namespace hearth {

class SteadyClock final : public Clock {
 public:
  Instant now() const override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {.mono = MonoTime(since), .wall = {}};
  }
};

/// A bus under test, with everything that it has reported so far.
struct Listening {
  std::unique_ptr<KafkaBus> bus;
  std::vector<BusMessage> messages;
  std::vector<std::string> caught_up;
  std::vector<Error> errors;
  std::vector<BusMessage> oversized;
  std::vector<std::string> missing;

  std::vector<std::string> payloads() const {
    std::vector<std::string> all;
    for (const BusMessage& message : messages) all.push_back(message.payload);
    return all;
  }
};

/// A loop that runs until an awaited event has happened; otherwise the test fails.
class BusFixture : public ::testing::Test {
 protected:
  std::unique_ptr<Listening> open(const KafkaConfig& config, EmbeddedBroker* embedded = nullptr) {
    auto listening = std::make_unique<Listening>();
    auto opened = KafkaBus::open(loop_, clock_, config, embedded);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    if (!opened) std::abort();
    listening->bus = std::move(*opened);
    Listening* self = listening.get();
    listening->bus->set_handlers({
        .on_message = [self](BusMessage message) { self->messages.push_back(std::move(message)); },
        .on_caught_up = [self](const std::string& topic) { self->caught_up.push_back(topic); },
        .on_error = [self](const Error& error) { self->errors.push_back(error); },
        .on_missing = [self](const std::string& topic) { self->missing.push_back(topic); },
        .on_oversized = [self](const BusMessage& message,
                               const Error&) { self->oversized.push_back(message); },
    });
    return listening;
  }

  template <class Predicate>
  [[nodiscard]] bool run_until(Predicate happened, Duration within = std::chrono::seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!happened()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  void run_for(Duration duration) {
    [[maybe_unused]] const bool never = run_until([] { return false; }, duration);
  }

  /// Publishes and waits for the outcome.
  Result<void> publish(KafkaBus& bus, BusRecord record) {
    std::optional<Result<void>> ended;
    bus.publish(std::move(record), [&](Result<void> result) { ended = std::move(result); });
    EXPECT_FALSE(ended.has_value()) << "completed within the call";
    if (!run_until([&] { return ended.has_value(); })) {
      return fail(ErrorCode::kFailed, "publish() was never completed");
    }
    return *ended;
  }

  /// The topics that could not be created.
  std::vector<TopicFailure> failures_of(KafkaBus& bus, std::vector<TopicSpec> topics) {
    std::optional<std::vector<TopicFailure>> ended;
    bus.ensure_topics(std::move(topics), [&](std::vector<TopicFailure> failures) {
      EXPECT_FALSE(ended.has_value()) << "completed twice";
      ended = std::move(failures);
    });
    EXPECT_FALSE(ended.has_value()) << "completed within the call";
    EXPECT_TRUE(run_until([&] { return ended.has_value(); }, std::chrono::seconds(30)))
        << "ensure_topics() was never completed";
    return ended.value_or(std::vector<TopicFailure>{});
  }
  /// The first failure, if there is one.
  Result<void> ensure(KafkaBus& bus, std::vector<TopicSpec> topics) {
    const std::vector<TopicFailure> failures = failures_of(bus, std::move(topics));
    if (!failures.empty()) return tl::unexpected(failures.front().error);
    return {};
  }

  boost::asio::io_context loop_{1};
  SteadyClock clock_;
};

inline TopicSpec delete_topic(std::string name) {
  return {.name = std::move(name),
          .cleanup = TopicCleanup::kDelete,
          .retention = std::chrono::minutes(10)};
}

inline TopicSpec compact_topic(std::string name) {
  return {.name = std::move(name), .cleanup = TopicCleanup::kCompact, .retention = {}};
}

}  // namespace hearth
