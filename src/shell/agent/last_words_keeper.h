#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/agent/messages.h"
#include "ports/clock.h"
#include "ports/completion.h"
#include "ports/container_runtime.h"
#include "ports/last_words.h"
#include "ports/loop.h"

namespace hearth {

/// Saves what a container said before it died, which is lost with the container.
///
/// All that the runtime reports passes through it, in order. At an exit it reads the end of the
/// container's log, adds the last lines to the exit, and keeps the whole in the store. So it does
/// for those containers of an inventory of whose exit there was no notice. What is reported
/// meanwhile waits: a container that was started again must not appear as exited. Nothing waits
/// longer than kWaitMax: an exit whose log cannot be read by then goes on without it.
///
/// After a start of the machine all of its containers have exited. The inventory waits for the
/// words of the first kListedMax; those of the others are read after it and kept in the store, and
/// their exits are reported without.
///
/// All on the loop.
class LastWordsKeeper {
 public:
  static constexpr Duration kWaitMax = std::chrono::milliseconds(500);
  static constexpr std::uint32_t kLinesMax = 100;  ///< That are kept.
  static constexpr std::size_t kReadingsMax = 4;   ///< At once; more begin as these end.
  static constexpr std::size_t kListedMax = 16;    ///< That an inventory waits for.
  /// That are read after an inventory; the words of more are not kept.
  static constexpr std::size_t kBehindMax = 512;
  /// Reports that wait at once; at more, the first exit goes on without its words.
  static constexpr std::size_t kWaitingMax = 1024;
  /// Words on their way to the store, which a busy disk delays; more are not kept.
  static constexpr std::size_t kSavesMax = 8;

  struct Ports {
    const Clock& clock;
    ContainerRuntime& runtime;
    LastWordsStore& store;
    Worker& disk;
  };
  struct Handlers {
    std::function<void(const core::AgentEvent&)> deliver;
    std::function<void(const std::string& kind, const std::string& text)> warn;
  };

  LastWordsKeeper(Loop& loop, Ports ports, Handlers handlers);

  /// Delivers what the runtime reported: at once, unless it is an exit or something waits.
  void pass(core::AgentEvent event);
  /// Calls `go_on` once no log of the container is being read: it can then be removed. At once if
  /// none is.
  void once_read(const ContainerId& container, std::function<void()> go_on);
  /// The latest words that are kept of an instance, without those of the container `but_not`.
  /// kNotFound: there are none.
  void latest(const InstanceId& instance, const ContainerId& but_not, Completion<std::string> done);

 private:
  struct Reading;
  using Readings = std::vector<std::shared_ptr<Reading>>;
  /// A reading that nothing waits for but the removal of its container.
  struct Behind {
    std::shared_ptr<Reading> reading;
    std::optional<MonoTime> deadline;  ///< Once something does.
  };
  struct Waiting {
    core::AgentEvent event;
    Readings readings;  ///< Of the exits that it reports.
    MonoTime deadline;

    bool is_settled() const;
  };

  Readings readings_for(const core::AgentEvent& event);
  Readings readings_for(const Inventory& inventory);
  std::shared_ptr<Reading> make_reading(const ContainerId& container, const InstanceId& instance,
                                        WallTime exited_at);
  void begin_next();
  void begin(const std::shared_ptr<Reading>& reading);
  void on_end(Reading& reading, const Result<void>& outcome);
  void begin_behind();
  void give_up_first();
  void give_up_behind(MonoTime now);
  void give_up_late();
  void arm_late();
  void settle(Reading& reading);
  void release();
  void save(const LastWords& words);

  Ports ports_;
  Handlers handlers_;
  std::deque<Waiting> waiting_;  ///< The first one is not settled.
  std::deque<Behind> behind_;    ///< Not settled.
  std::set<ContainerId> read_;   ///< Exited, and read or being read.
  std::size_t readings_ = 0;
  std::size_t saves_ = 0;
  std::unique_ptr<Timer> late_;
};

/// What an exit says of a container's last words: their last 5 lines, at most 512 bytes of them,
/// beginning with a whole character of UTF-8.
std::string excerpt_of(std::string_view words);

}  // namespace hearth
