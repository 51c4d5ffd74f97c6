#include "adapters/kafka/kafka_bus.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <span>
#include <utility>

#include "adapters/kafka/clients.h"
#include "adapters/kafka/embedded_broker.h"
#include "adapters/kafka/errors.h"
#include "adapters/kafka/topic_creation.h"
#include "base/check.h"

namespace hearth {
namespace asio = boost::asio;
using kafka::Clients;

namespace {

// Messages, delivery reports and errors handled in one turn of the loop.
constexpr int kEventsPerTurn = 128;

constexpr auto kFlushWithin = std::chrono::milliseconds(300);
constexpr auto kCloseWithin = std::chrono::milliseconds(700);

// librdkafka carries a pointer for us. Ours are numbers, so a late report finds nothing instead of
// a dangling object.
void* opaque_of(std::uint64_t number) {
  return std::bit_cast<void*>(number);
}
std::uint64_t number_of(const void* opaque) {
  return std::bit_cast<std::uint64_t>(opaque);
}

/// The library treats an invalid bootstrap as "no brokers" and stays silent.
Result<void> check_bootstrap(const std::string& bootstrap) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(bootstrap.find(',', begin), bootstrap.size());
    const std::string one = bootstrap.substr(begin, end - begin);
    const std::size_t colon = one.rfind(':');
    const std::string port = colon == std::string::npos ? "" : one.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        port.find_first_not_of("0123456789") == std::string::npos;
    if (colon == 0 || !digits || std::stoul(port) == 0 || std::stoul(port) > 65535) {
      return fail(ErrorCode::kInvalidArgument,
                  "'" + bootstrap + "' is not a kafka broker; use HOST:PORT");
    }
    if (end == bootstrap.size()) return {};
    begin = end + 1;
  }
}

}  // namespace

struct KafkaBus::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, const Clock& time, KafkaConfig settings, EmbeddedBroker* broker)
      : loop(io), clock(time), config(std::move(settings)), embedded(broker), wake(io) {}

  asio::io_context& loop;
  const Clock& clock;
  KafkaConfig config;
  EmbeddedBroker* embedded;
  asio::posix::stream_descriptor wake;
  std::unique_ptr<Clients> clients;  // Null once closed.
  // By pointer: a handler may set other handlers, or destroy the bus, while it runs.
  std::shared_ptr<const Handlers> handlers = std::make_shared<Handlers>();
  KafkaCounters counters;
  std::map<std::string, FollowFrom> followed;

  // Requests that librdkafka is processing. A report about an unknown number, left over from a
  // reconnect, is ignored.
  struct Creation {
    std::vector<TopicSpec> topics;
    std::size_t asked = 0;  // The number of topics requested so far, in order.
    std::vector<TopicFailure> failures;
    std::function<void(std::vector<TopicFailure>)> done;
    /// Fails the topics from index `first` on, for one reason.
    void fail_from(std::size_t first, const Error& why);
  };
  std::uint64_t next_number = 1;
  std::map<std::uint64_t, Completion<void>> sending;
  std::map<std::uint64_t, Creation> creating;
  bool turn_posted = false;

  Result<void> connect();
  void close();

  void finish(Completion<void> done, Result<void> result);
  void tell(Error error, const std::string& missing_topic = {});

  void ask_for_topics(std::uint64_t number);
  void finish_creation(std::uint64_t number);
  void abandon_all(const Error& why);

  void watch();
  void post_turn();
  void turn();
  bool take_event(rd_kafka_queue_t* queue);
  void on_delivered(rd_kafka_event_t* event);
  void on_created(rd_kafka_event_t* event);
  void on_fetched(kafka::Event event);
  void on_error(kafka::Event event);
};

// -- opening, closing

Result<std::unique_ptr<KafkaBus>> KafkaBus::open(asio::io_context& loop, const Clock& clock,
                                                 const KafkaConfig& config,
                                                 EmbeddedBroker* embedded) {
  if (auto checked = check_bootstrap(config.bootstrap); !checked) {
    return tl::unexpected(checked.error());
  }
  auto state = std::make_shared<State>(loop, clock, config, embedded);
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) {
    return fail(ErrorCode::kExhausted, "no file descriptor left for the bus; raise the limit");
  }
  state->wake.assign(fd);
  if (auto connected = state->connect(); !connected) return tl::unexpected(connected.error());
  state->watch();
  return std::unique_ptr<KafkaBus>(new KafkaBus(std::move(state)));
}

KafkaBus::KafkaBus(std::shared_ptr<State> state) : state_(std::move(state)) {}

KafkaBus::~KafkaBus() {
  state_->close();
}

Result<void> KafkaBus::State::connect() {
  auto opened = Clients::open(config, wake.native_handle());
  if (!opened) return tl::unexpected(opened.error());
  clients = std::move(*opened);
  post_turn();  // For events that came before the queues could wake us.
  for (const auto& [topic, from] : followed) {
    if (auto result = clients->follow(topic, from); !result) tell(result.error());
  }
  return {};
}

void KafkaBus::State::close() {
  creating.clear();
  const auto deadline = std::chrono::steady_clock::now() + kFlushWithin;
  while (clients->connected() && !sending.empty() && std::chrono::steady_clock::now() < deadline) {
    const kafka::Event event(rd_kafka_queue_poll(clients->producer_events(), 10));
    if (!event || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR) continue;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
      sending.erase(number_of(message->_private));
    }
  }
  sending.clear();
  Clients::retire(std::move(clients), kCloseWithin);
  wake.close();
}

Result<void> KafkaBus::reconnect(const std::string& bootstrap) {
  State& state = *state_;
  if (bootstrap == state.config.bootstrap) return {};
  if (auto checked = check_bootstrap(bootstrap); !checked) return checked;
  std::unique_ptr<Clients> former = std::move(state.clients);
  const std::string former_bootstrap = std::exchange(state.config.bootstrap, bootstrap);
  if (auto connected = state.connect(); !connected) {
    state.clients = std::move(former);
    state.config.bootstrap = former_bootstrap;
    return connected;
  }
  Clients::retire(std::move(former), Duration::zero());
  state.abandon_all(Error{ErrorCode::kUnavailable, "the bus switched to other brokers"});
  return {};
}

// -- calls of the owner

void KafkaBus::set_handlers(Handlers handlers) {
  state_->handlers = std::make_shared<const Handlers>(std::move(handlers));
}

bool KafkaBus::connected() const {
  return state_->clients->connected();
}

const KafkaCounters& KafkaBus::counters() const {
  return state_->counters;
}

void KafkaBus::follow(const std::string& topic, FollowFrom from) {
  if (!state_->followed.emplace(topic, from).second) return;
  if (auto result = state_->clients->follow(topic, from); !result) state_->tell(result.error());
}

void KafkaBus::publish(BusRecord record, Completion<void> done) {
  State& state = *state_;
  const std::size_t bytes = record.key.size() + record.payload.size();
  if (bytes > kRecordBytesMax) {
    ++state.counters.unsent;
    return state.finish(
        std::move(done),
        fail(ErrorCode::kInvalidArgument,
             "a record of " + std::to_string(bytes) + " bytes for topic '" + record.topic +
                 "' exceeds the bound of " + std::to_string(kRecordBytesMax)));
  }
  const std::uint64_t number = state.next_number++;
  // Partition 0 by number: the default partitioner would ask a broker that creates topics on
  // demand, as the embedded one does, how many partitions it created.
  rd_kafka_topic_t* topic = state.clients->sent_topic(record.topic);
  const void* key = record.key.empty() ? nullptr : record.key.data();
  const bool taken =
      topic != nullptr &&
      rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, record.payload.data(), record.payload.size(),
                       key, record.key.size(), opaque_of(number)) == 0;
  if (taken) {
    state.sending.emplace(number, std::move(done));
    return;
  }
  const rd_kafka_resp_err_t code = rd_kafka_last_error();
  ++state.counters.errors[rd_kafka_err2name(code)];
  ++state.counters.unsent;
  state.finish(std::move(done), tl::unexpected(kafka::error_from(
                                    code, "cannot send to topic '" + record.topic + "'")));
}

void KafkaBus::ensure_topics(std::vector<TopicSpec> topics,
                             std::function<void(std::vector<TopicFailure>)> done) {
  State& state = *state_;
  const std::uint64_t number = state.next_number++;
  const auto [place, is_new] =
      state.creating.emplace(number, State::Creation{std::move(topics), 0, {}, std::move(done)});
  if (state.embedded == nullptr) return state.ask_for_topics(number);
  State::Creation& creation = place->second;
  for (const TopicSpec& topic : creation.topics) {
    if (const auto made = state.embedded->create_topic(topic.name); !made) {
      creation.failures.push_back({topic.name, made.error()});
    }
  }
  state.finish_creation(number);
}

void KafkaBus::State::Creation::fail_from(std::size_t first, const Error& why) {
  for (const TopicSpec& topic : std::span(topics).subspan(first)) {
    failures.push_back({topic.name, why});
  }
}

/// Sends the next request of a creation, or ends it if none is left.
void KafkaBus::State::ask_for_topics(std::uint64_t number) {
  Creation& creation = creating.at(number);
  const std::size_t first = creation.asked;
  const auto rest = std::span(creation.topics).subspan(first);
  const auto next = rest.first(std::min(rest.size(), kafka::kTopicsPerRequestMax));
  if (next.empty()) return finish_creation(number);
  creation.asked += next.size();
  const auto asked = kafka::request_topics(clients->producer(), next, opaque_of(number),
                                           clients->producer_events());
  if (asked) return;
  creation.fail_from(first, asked.error());
  finish_creation(number);
}

void KafkaBus::State::finish_creation(std::uint64_t number) {
  auto creation = creating.extract(number);
  asio::post(loop, [weak = weak_from_this(), done = std::move(creation.mapped().done),
                    failures = std::move(creation.mapped().failures)] {
    const auto self = weak.lock();
    if (self && self->clients) done(failures);
  });
}

void KafkaBus::State::abandon_all(const Error& why) {
  counters.unsent += sending.size();
  for (auto& [number, done] : std::exchange(sending, {})) finish(done, tl::unexpected(why));
  while (!creating.empty()) {
    auto& [number, creation] = *creating.begin();
    creation.failures.clear();
    creation.fail_from(0, why);
    finish_creation(number);
  }
}

void KafkaBus::State::finish(Completion<void> done, Result<void> result) {
  asio::post(loop, [weak = weak_from_this(), done = std::move(done), result = std::move(result)] {
    const auto self = weak.lock();
    if (self && self->clients) done(result);
  });
}

void KafkaBus::State::tell(Error error, const std::string& missing_topic) {
  asio::post(loop, [weak = weak_from_this(), error = std::move(error), missing_topic] {
    const auto self = weak.lock();
    if (!self || !self->clients) return;
    const auto current = self->handlers;
    if (current->on_error) current->on_error(error);
    if (!missing_topic.empty() && current->on_missing) current->on_missing(missing_topic);
  });
}

// -- events of the library's threads

void KafkaBus::State::watch() {
  wake.async_wait(asio::posix::stream_descriptor::wait_read,
                  [weak = weak_from_this()](const boost::system::error_code& ec) {
                    const auto self = weak.lock();
                    if (ec || !self || !self->clients) return;
                    // Read before the queues are checked: later events wake us again.
                    std::uint64_t count = 0;
                    [[maybe_unused]] const auto got =
                        read(self->wake.native_handle(), &count, sizeof count);
                    self->watch();
                    self->turn();
                  });
}

void KafkaBus::State::post_turn() {
  if (std::exchange(turn_posted, true)) return;
  asio::post(loop, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->turn_posted = false;
    self->turn();
  });
}

/// Handles waiting events, up to the bound of a turn. Handlers may do anything, even reconnect or
/// destroy the bus, so nothing of librdkafka is held while one runs.
void KafkaBus::State::turn() {
  int taken = 0;
  while (taken < kEventsPerTurn && clients &&
         (take_event(clients->producer_events()) ||
          (clients && take_event(clients->consumer_events())) ||
          (clients && take_event(clients->messages())))) {
    ++taken;
  }
  if (taken == kEventsPerTurn) post_turn();
}

bool KafkaBus::State::take_event(rd_kafka_queue_t* queue) {
  kafka::Event event(rd_kafka_queue_poll(queue, 0));
  if (!event) return false;
  switch (rd_kafka_event_type(event.get())) {
    case RD_KAFKA_EVENT_FETCH: on_fetched(std::move(event)); break;
    case RD_KAFKA_EVENT_DR: on_delivered(event.get()); break;
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT: on_created(event.get()); break;
    case RD_KAFKA_EVENT_ERROR: on_error(std::move(event)); break;
    default: break;  // We requested no other events.
  }
  return true;
}

void KafkaBus::State::on_delivered(rd_kafka_event_t* event) {
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
    const auto found = sending.find(number_of(message->_private));
    if (found == sending.end()) continue;
    Result<void> result;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++counters.sent;
    } else {
      ++counters.unsent;
      ++counters.errors[rd_kafka_err2name(message->err)];
      const std::string topic = rd_kafka_topic_name(message->rkt);
      result =
          tl::unexpected(kafka::error_from(message->err, "cannot send to topic '" + topic + "'"));
    }
    finish(std::move(found->second), std::move(result));
    sending.erase(found);
  }
}

void KafkaBus::State::on_created(rd_kafka_event_t* event) {
  const auto number = number_of(rd_kafka_event_opaque(event));
  const auto found = creating.find(number);
  if (found == creating.end()) return;
  Creation& creation = found->second;
  const auto failures = kafka::outcome_of(event);
  if (!failures) {
    // No broker, or one that refuses such requests: it would refuse the next one, too.
    const std::size_t first = (creation.asked - 1) / kafka::kTopicsPerRequestMax;
    creation.fail_from(first * kafka::kTopicsPerRequestMax, failures.error());
    return finish_creation(number);
  }
  creation.failures.insert(creation.failures.end(), failures->begin(), failures->end());
  ask_for_topics(number);
}

/// Such an event holds one message.
void KafkaBus::State::on_fetched(kafka::Event event) {
  const MonoTime received_at = clock.now().mono;
  const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get());
  if (message == nullptr) return;
  BusMessage taken;
  taken.topic = rd_kafka_topic_name(message->rkt);
  taken.offset = message->offset;
  taken.received_at = received_at;
  const std::size_t bytes = message->key_len + message->len;
  if (bytes > kRecordBytesMax) {
    event.reset();
    ++counters.dropped;
    const auto current = handlers;
    if (!current->on_oversized) return;
    return current->on_oversized(
        taken, Error{ErrorCode::kExhausted, std::to_string(bytes) + " bytes exceed the bound of " +
                                                std::to_string(kRecordBytesMax)});
  }
  taken.key.assign(static_cast<const char*>(message->key), message->key_len);
  taken.payload.assign(static_cast<const char*>(message->payload), message->len);
  event.reset();
  const auto current = handlers;
  if (!followed.contains(taken.topic) || !current->on_message) return;
  ++counters.received;
  current->on_message(std::move(taken));
}

/// Errors of a client or of a topic; for a topic, reaching its end is one of them.
void KafkaBus::State::on_error(kafka::Event event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  const std::string words = rd_kafka_event_error_string(event.get());
  const kafka::Partition partition(rd_kafka_event_topic_partition(event.get()));
  const std::string topic = partition ? partition->topic : "";
  event.reset();
  if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    const auto found = followed.find(topic);
    const auto current = handlers;
    const bool asked = found != followed.end() && found->second == FollowFrom::kBeginning;
    if (asked && current->on_caught_up) current->on_caught_up(topic);
    return;
  }
  ++counters.errors[rd_kafka_err2name(code)];
  Error error = kafka::error_from(code, topic.empty() ? "kafka" : "topic '" + topic + "'");
  // For connections the text says more than the code: which broker, and why.
  if (topic.empty()) error.message = "kafka: " + words;
  const bool missing = error.code == ErrorCode::kNotFound && followed.contains(topic);
  tell(std::move(error), missing ? topic : "");
}

}  // namespace hearth
