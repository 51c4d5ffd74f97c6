#include "shell/agent/last_words_keeper.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/last_lines.h"

namespace hearth {
namespace {

constexpr std::size_t kExcerptLines = 5;
constexpr std::size_t kExcerptBytesMax = 512;

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

void add_excerpt(core::AgentEvent& event, const LastWords& words) {
  if (auto* exited = std::get_if<core::ContainerExited>(&event)) {
    exited->exit.last_words = excerpt_of(words.text);
  } else if (auto* taken = std::get_if<core::InventoryTaken>(&event)) {
    for (Container& one : taken->inventory->containers) {
      if (one.id == words.container) one.exit->last_words = excerpt_of(words.text);
    }
  }
}

}  // namespace

/// The end of one container's log. Shared with the runtime, which may go on reading after all
/// others gave up.
struct LastWordsKeeper::Reading {
  LastWords words;
  bool has_begun = false;
  bool is_settled = false;
  std::vector<std::function<void()>> once_settled;

  /// Whether more is wanted.
  bool add(std::string_view chunk) {
    if (is_settled) return false;
    words.text += chunk;
    // Not at each chunk, since the rest is moved.
    if (words.text.size() > 2 * LastWords::kBytesMax) cut();
    return true;
  }
  void cut() {
    const std::size_t size = words.text.size();
    if (size > LastWords::kBytesMax) words.text.erase(0, size - LastWords::kBytesMax);
  }
};

bool LastWordsKeeper::Waiting::is_settled() const {
  return std::all_of(readings.begin(), readings.end(),
                     [](const auto& reading) { return reading->is_settled; });
}

LastWordsKeeper::LastWordsKeeper(Loop& loop, Ports ports, Handlers handlers)
    : ports_(ports),
      handlers_(std::move(handlers)),
      late_(loop.make_timer([this] { give_up_late(); })) {}

void LastWordsKeeper::pass(core::AgentEvent event) {
  Readings readings = readings_for(event);
  if (readings.empty() && waiting_.empty()) return handlers_.deliver(event);
  waiting_.push_back({std::move(event), std::move(readings), ports_.clock.now().mono + kWaitMax});
  if (waiting_.size() == 1) arm_late();
  if (waiting_.size() > kWaitingMax) give_up_first();
  begin_next();
}

LastWordsKeeper::Readings LastWordsKeeper::readings_for(const core::AgentEvent& event) {
  if (const auto* exited = std::get_if<core::ContainerExited>(&event)) {
    return {make_reading(exited->container, exited->instance, exited->exit.at)};
  }
  if (const auto* removed = std::get_if<core::ContainerRemoved>(&event)) {
    read_.erase(removed->container);
  } else if (const auto* taken = std::get_if<core::InventoryTaken>(&event)) {
    if (taken->inventory) return readings_for(*taken->inventory);
  }
  return {};
}

LastWordsKeeper::Readings LastWordsKeeper::readings_for(const Inventory& inventory) {
  std::set<ContainerId> listed;
  for (const Container& one : inventory.containers) listed.insert(one.id);
  std::erase_if(read_, [&](const ContainerId& one) { return !listed.contains(one); });
  Readings readings;
  for (const Container& one : inventory.containers) {
    if (one.state != ContainerState::kExited || !one.exit || read_.contains(one.id)) continue;
    if (readings.size() < kListedMax) {
      readings.push_back(make_reading(one.id, one.instance, one.exit->at));
    } else if (behind_.size() < kBehindMax) {
      behind_.push_back({make_reading(one.id, one.instance, one.exit->at), std::nullopt});
    }
  }
  return readings;
}

std::shared_ptr<LastWordsKeeper::Reading> LastWordsKeeper::make_reading(
    const ContainerId& container, const InstanceId& instance, WallTime exited_at) {
  read_.insert(container);
  auto reading = std::make_shared<Reading>();
  reading->words = {.instance = instance, .container = container, .at = exited_at, .text = {}};
  return reading;
}

void LastWordsKeeper::begin_next() {
  for (const Waiting& one : waiting_) {
    for (const std::shared_ptr<Reading>& reading : one.readings) {
      if (readings_ >= kReadingsMax) return;
      if (!reading->has_begun) begin(reading);
    }
  }
  begin_behind();
}

/// No faster than the disk keeps what was read.
void LastWordsKeeper::begin_behind() {
  for (const Behind& one : std::deque(behind_)) {
    if (readings_ >= kReadingsMax || readings_ + saves_ >= kSavesMax) return;
    if (!one.reading->has_begun) begin(one.reading);
  }
}

void LastWordsKeeper::begin(const std::shared_ptr<Reading>& reading) {
  reading->has_begun = true;
  ++readings_;
  ports_.runtime.logs(
      {.container = reading->words.container, .tail_lines = kLinesMax},
      [reading](std::string_view chunk) { return reading->add(chunk); },
      [this, reading](const Result<void>& outcome) { on_end(*reading, outcome); });
}

void LastWordsKeeper::on_end(Reading& reading, const Result<void>& outcome) {
  --readings_;
  if (!reading.is_settled) {
    if (!outcome) {
      reading.words.text.clear();  // Without its end it is not what came last.
      handlers_.warn("last words",
                     "the last words of a container cannot be read: " + outcome.error().message);
    }
    settle(reading);
  }
  begin_next();
}

void LastWordsKeeper::give_up_late() {
  const MonoTime now = ports_.clock.now().mono;
  while (!waiting_.empty() && waiting_.front().deadline <= now) give_up_first();
  give_up_behind(now);
  arm_late();
}

void LastWordsKeeper::give_up_behind(MonoTime now) {
  for (const Behind& one : std::deque(behind_)) {
    if (!one.deadline || *one.deadline > now || one.reading->is_settled) continue;
    one.reading->words.text.clear();
    settle(*one.reading);
  }
}

void LastWordsKeeper::arm_late() {
  std::optional<MonoTime> next;
  if (!waiting_.empty()) next = waiting_.front().deadline;
  for (const Behind& one : behind_) {
    if (one.deadline) next = std::min(next.value_or(*one.deadline), *one.deadline);
  }
  if (next) late_->arm(*next - ports_.clock.now().mono);
}

void LastWordsKeeper::give_up_first() {
  handlers_.warn("last words", "the last words of a container were not sent in time");
  const Readings readings = waiting_.front().readings;
  for (const std::shared_ptr<Reading>& reading : readings) {
    if (reading->is_settled) continue;
    reading->words.text.clear();
    settle(*reading);
  }
}

void LastWordsKeeper::settle(Reading& reading) {
  reading.is_settled = true;
  std::erase_if(behind_, [&](const Behind& one) { return one.reading.get() == &reading; });
  reading.cut();
  save(reading.words);
  const std::vector<std::function<void()>> go_on = std::exchange(reading.once_settled, {});
  for (const auto& one : go_on) one();
  release();
}

/// Delivers what waits no longer, up to the first report with a log that is still being read.
void LastWordsKeeper::release() {
  while (!waiting_.empty() && waiting_.front().is_settled()) {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    for (const std::shared_ptr<Reading>& reading : first.readings) {
      add_excerpt(first.event, reading->words);
    }
    handlers_.deliver(first.event);
  }
}

void LastWordsKeeper::save(const LastWords& words) {
  if (words.text.empty()) return;
  if (saves_ >= kSavesMax) {
    return handlers_.warn("last words",
                          "the disk is too slow to keep the last words of each container");
  }
  ++saves_;
  ports_.disk.run(
      [this, &store = ports_.store, now = ports_.clock.now().wall, words]() -> Worker::OnLoop {
        return [this, kept = store.keep(words, now)] {
          --saves_;
          if (!kept) handlers_.warn("last words", kept.error().message);
          begin_behind();
        };
      });
}

void LastWordsKeeper::once_read(const ContainerId& container, std::function<void()> go_on) {
  for (const Waiting& one : waiting_) {
    for (const std::shared_ptr<Reading>& reading : one.readings) {
      if (reading->words.container != container || reading->is_settled) continue;
      return reading->once_settled.push_back(std::move(go_on));
    }
  }
  for (Behind& one : behind_) {
    if (one.reading->words.container != container) continue;
    one.deadline = ports_.clock.now().mono + kWaitMax;
    one.reading->once_settled.push_back(std::move(go_on));
    return arm_late();
  }
  go_on();
}

void LastWordsKeeper::latest(const InstanceId& instance, const ContainerId& but_not,
                             Completion<std::string> done) {
  ports_.disk.run([&store = ports_.store, now = ports_.clock.now().wall, instance, but_not,
                   done = std::move(done)]() -> Worker::OnLoop {
    const Result<std::optional<LastWords>> found = store.latest(instance, but_not, now);
    if (!found) return [done, error = found.error()] { done(tl::unexpected(error)); };
    if (*found) return [done, text = (*found)->text] { done(text); };
    return [done, instance] {
      done(fail(ErrorCode::kNotFound,
                fmt::format("no last words of '{}' are kept on this node: no earlier container of "
                            "it died, or long ago, or without a word",
                            instance.str())));
    };
  });
}

std::string excerpt_of(std::string_view words) {
  while (!words.empty() && (words.back() == '\n' || words.back() == '\r')) words.remove_suffix(1);
  std::string_view lines = last_lines(words, kExcerptLines);
  if (lines.size() <= kExcerptBytesMax) return std::string(lines);
  lines.remove_prefix(lines.size() - kExcerptBytesMax);
  constexpr std::size_t kContinuationsMax = 3;  // A longer run is not UTF-8 anyway.
  for (std::size_t i = 0; i < kContinuationsMax && continues_character(lines.front()); ++i) {
    lines.remove_prefix(1);
  }
  return std::string(lines);
}

}  // namespace hearth
