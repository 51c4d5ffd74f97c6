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

#include "base/result.h"
#include "base/time.h"
#include "core/image_supply/image_actions.h"
#include "core/operations/operation.h"
#include "core/runtime_inventory/listing.h"
#include "model/assignment.h"
#include "model/heartbeat.h"

namespace hearth::core {

/// What is tried again until it succeeds or nobody wants it: the waits double up to a bound.
struct Attempt {
  std::optional<OperationId> operation;  ///< Under way.
  MonoTime next_try{};
  std::uint32_t failures = 0;
  std::string error;  ///< The last one's.

  void put_off(const Error& why, Duration wait_max, MonoTime now);
  bool operator==(const Attempt&) const = default;
};

/// Gets the images that a node's assignment wants into its runtime, and builds those that are
/// ordered of the node.
///
/// An image that is missing is fetched, for ever, with waits that double; two at a time, so that
/// one that fails does not hold up the others. Builds are done one at a time. One that failed for a
/// reason that may pass is tried again within a bound; any other failure is its result. A build
/// that is no longer ordered is cancelled: it may take an hour, and would hold up the next.
///
/// It neither fetches nor builds: it says what to begin, and takes the outcome. It does not
/// know the containers. Sans-io, not thread-safe.
class ImageSupply {
 public:
  static constexpr std::size_t kFetchesMax = 2;
  /// With the waits between them they outlast four minutes without a manager to fetch from.
  static constexpr std::uint32_t kBuildTriesMax = 12;
  static constexpr Duration kRetryMin = std::chrono::seconds(1);
  static constexpr Duration kRetryMax = std::chrono::seconds(30);
  /// Each try moves the whole image over a link that may be thin, for a runtime that will hardly
  /// think otherwise by then.
  static constexpr Duration kLoadRetryMax = std::chrono::minutes(10);

  struct BuildKey {
    WorkloadName workload;
    Generation generation;
    auto operator<=>(const BuildKey&) const = default;
  };
  struct Build {
    Attempt attempt;
    std::string reference;   ///< Of the build under way: unlike that of any other build.
    bool cancelled = false;  ///< Its end is awaited.
    bool operator==(const Build&) const = default;
  };
  struct State {
    // What the assignment in force asks for.
    std::map<std::string, Image> wanted;  ///< By reference; those that can be fetched.
    std::vector<BuildOrder> orders;
    // What there is and what is being done.
    std::set<std::string> images;            ///< References that the runtime has.
    std::uint64_t images_came_in = 0;        ///< The last turn in which one did, fetched or built.
    std::map<std::string, Attempt> fetches;  ///< By reference.
    std::map<BuildKey, Build> builds;
    std::map<BuildKey, BuildStatus> results;
    MonoTime as_of{};  ///< The last tend() or rest().
    bool operator==(const State&) const = default;
  };

  /// `start_count`: the agent's, which tells its builds from those of its former starts.
  explicit ImageSupply(std::uint64_t start_count);
  ImageSupply(std::uint64_t start_count, State state);
  State save() const { return state_; }

  /// Another assignment is in force. Returns what to cancel.
  std::vector<ImageAction> on_assignment(const Assignment& assignment);
  /// True: an image came that the listing is too old to name.
  [[nodiscard]] bool on_listed(const Listing& listing);
  /// Ignores what it did not begin. True: an image was built that only a listing can name.
  [[nodiscard]] bool on_done(const OperationDone& done, const Turn& turn);
  /// The runtime has lost the image.
  void on_image_lost(const std::string& reference) { state_.images.erase(reference); }
  /// Lets time pass; to be called after whatever happened. Returns what to begin.
  std::vector<ImageAction> tend(MonoTime now, OperationIds& ids);
  /// Lets time pass while nothing may be begun.
  void rest(MonoTime now);

  ImageReadiness readiness(const Image& image) const;
  /// References, ordered.
  std::vector<std::string> images() const { return {state_.images.begin(), state_.images.end()}; }
  /// How each build that is ordered stands, in the order of the assignment.
  std::vector<BuildStatus> build_statuses() const;

  std::optional<MonoTime> next_deadline() const;
  /// A late retry is merely late.
  void on_stall(Duration, MonoTime) {}
  /// Images do not come over the bus.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  void fetch_missing(MonoTime now, OperationIds& ids, std::vector<ImageAction>& actions);
  void begin_build(MonoTime now, OperationIds& ids, std::vector<ImageAction>& actions);
  bool is_ordered(const BuildKey& key) const;
  bool is_building() const;
  void finish_fetch(const std::string& reference, const OperationDone& done, const Turn& turn);
  void finish_build(const BuildKey& key, const OperationDone& done, const Turn& turn);

  std::uint64_t start_count_;
  State state_;
};

}  // namespace hearth::core
