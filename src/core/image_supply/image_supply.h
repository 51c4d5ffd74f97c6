#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/result.h"
#include "base/time.h"
#include "core/image_supply/image_actions.h"
#include "core/operations/operation.h"
#include "core/runtime_inventory/listing.h"
#include "model/assignment.h"
#include "model/heartbeat.h"

namespace hearth::core {

/// Something retried until it succeeds or is no longer wanted; the waits double up to a bound, each
/// with a jitter of a fifth, so that nodes that failed together do not all return at once.
struct Attempt {
  std::optional<OperationId> operation;  ///< In flight.
  MonoTime begun_at{};                   ///< When the latest try began.
  MonoTime next_try{};
  std::uint32_t failures = 0;
  std::string error;  ///< Of the last failure.

  void put_off(const Error& why, Duration wait_max, MonoTime now, Prng& prng);
  bool operator==(const Attempt&) const = default;
};

/// Brings the images that a node's assignment requires into its runtime, and builds those that the
/// node is ordered to build.
///
/// A missing image is fetched, without a limit of tries, with waits that double; two at a time, so
/// that one that fails does not block the others. Builds run one at a time. A build that failed for
/// a reason that may pass is retried within a bound; any other failure is its result. A build that
/// is no longer ordered is cancelled: it may take an hour, and would block the next one.
///
/// It neither fetches nor builds: it returns what to begin, and receives the outcome. It does not
/// know the containers. Sans-io, not thread-safe.
class ImageSupply {
 public:
  static constexpr std::size_t kFetchesMax = 2;
  /// With the waits between them, the tries outlast four minutes without a reachable manager.
  static constexpr std::uint32_t kBuildTriesMax = 12;
  /// A try of a build that has not failed for this long is taken to have the context, and to build:
  /// until then what the try before it failed of is reported. Longer than the silence after which a
  /// transfer fails.
  static constexpr Duration kTrySilence = std::chrono::seconds(45);
  static constexpr Duration kRetryMin = std::chrono::seconds(1);
  static constexpr Duration kRetryMax = std::chrono::seconds(30);
  /// Each try transfers the whole image over a link that may be slow, to a runtime that is unlikely
  /// to accept it by then.
  static constexpr Duration kLoadRetryMax = std::chrono::minutes(10);

  struct BuildKey {
    WorkloadName workload;
    Generation generation;
    auto operator<=>(const BuildKey&) const = default;
  };
  struct Build {
    Attempt attempt;
    std::string reference;   ///< Of the current try: unlike that of any other build.
    bool cancelled = false;  ///< Its end is awaited.
    bool operator==(const Build&) const = default;
  };
  struct State {
    // What the assignment in force requires.
    std::map<std::string, Image> wanted;  ///< By reference; only images that can be fetched.
    std::vector<BuildOrder> orders;
    // What exists and what is in progress.
    std::set<std::string> images;            ///< References that the runtime has.
    std::uint64_t images_came_in = 0;        ///< The last turn in which one was fetched or built.
    std::map<std::string, Attempt> fetches;  ///< By reference.
    std::map<BuildKey, Build> builds;
    std::map<BuildKey, BuildStatus> results;
    Prng::State prng{};  ///< For the jitter.
    MonoTime as_of{};    ///< The last tend() or rest().
    bool operator==(const State&) const = default;
  };

  /// `start_count`: the agent's, which distinguishes its builds from those of its earlier starts.
  /// `seed` is for the jitter.
  ImageSupply(std::uint64_t start_count, std::uint64_t seed);
  ImageSupply(std::uint64_t start_count, State state);
  State save() const { return state_; }

  /// Another assignment is in force. Returns what to cancel.
  std::vector<ImageAction> on_assignment(const Assignment& assignment);
  /// Returns true if an image arrived that the listing is too old to contain.
  [[nodiscard]] bool on_listed(const Listing& listing);
  /// Ignores operations it did not begin. Returns true if an image was built, which only a listing
  /// can name.
  [[nodiscard]] bool on_done(const OperationDone& done, const Turn& turn);
  /// The image is no longer in the runtime.
  void on_image_lost(const std::string& reference) { state_.images.erase(reference); }
  /// Lets time pass; call it after every event. Returns what to begin.
  std::vector<ImageAction> tend(MonoTime now, OperationIds& ids);
  /// Lets time pass while nothing may be begun.
  void rest(MonoTime now);

  ImageReadiness readiness(const Image& image) const;
  /// References, sorted.
  std::vector<std::string> images() const { return {state_.images.begin(), state_.images.end()}; }
  /// The status of each ordered build, in the order of the assignment.
  std::vector<BuildStatus> build_statuses() const;

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: a late retry is merely late.
  void on_stall(Duration, MonoTime) {}
  /// Does nothing: images do not arrive over the bus.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  void fetch_missing(MonoTime now, OperationIds& ids, std::vector<ImageAction>& actions);
  void begin_build(MonoTime now, OperationIds& ids, std::vector<ImageAction>& actions);
  bool is_ordered(const BuildKey& key) const;
  bool is_building() const;
  std::string why_not_built(const BuildKey& key) const;
  void put_off(Attempt& attempt, const Error& why, Duration wait_max, MonoTime now);
  void finish_fetch(const std::string& reference, const OperationDone& done, const Turn& turn);
  void finish_build(const BuildKey& key, const OperationDone& done, const Turn& turn);

  std::uint64_t start_count_;
  State state_;
};

}  // namespace hearth::core
