#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/runtime_inventory/listing.h"

namespace hearth::core {

/// Knows whether the node's container runtime can be used, and when to list what it has.
///
/// The runtime is up while its notices arrive. Its containers are known once it has been listed
/// since then; it is listed again periodically, because a notice can be lost. A runtime that hangs
/// keeps its stream of notices open and would leave every request without an answer: when a listing
/// times out repeatedly, its containers count as unknown until one succeeds.
///
/// It does not keep the listing: it passes it on to the parts that do. Sans-io, not thread-safe.
class RuntimeInventory {
 public:
  /// Time between two listings.
  static constexpr Duration kPeriod = std::chrono::seconds(30);
  /// After a listing failed, or after one during which a notice was missed.
  static constexpr Duration kRetry = std::chrono::seconds(1);
  /// A single listing may fail for a reason that passes.
  static constexpr std::uint32_t kFailuresTolerated = 1;

  struct State {
    bool up = false;
    std::string down_reason = "the container runtime has not answered yet";
    bool known = false;          ///< It was listed since it came up.
    std::uint32_t failures = 0;  ///< Listings that failed since the last success.
    std::string last_failure;
    std::optional<std::uint64_t> asked_in;  ///< The turn of the listing in progress.
    bool is_stale = false;   ///< What the one in progress says may be older than what was missed.
    MonoTime answered_at{};  ///< The listing before.
    MonoTime asked_at{};     ///< When it was listed last, with or without success.
    MonoTime next_listing{};
    bool operator==(const State&) const = default;
  };

  RuntimeInventory() = default;
  explicit RuntimeInventory(State state);
  State save() const { return state_; }

  /// The runtime's notices arrive (again).
  void on_found(MonoTime now);
  void on_lost(const std::string& reason);
  /// The answer to the listing with that number. nullopt: it failed, or the runtime was lost after
  /// it was requested.
  [[nodiscard]] std::optional<Listing> on_listed(std::uint64_t number,
                                                 const Result<Inventory>& outcome, MonoTime now);
  /// A notice was missed: a listing is due, but not within kRetry of the answer to one.
  void on_missed(MonoTime now);
  /// Something exists that no listing has named yet: the next one is due at once.
  void list_again(MonoTime now) { state_.next_listing = now; }
  /// Whether the runtime answers must be known: it is listed at most kRetry after the last time.
  void list_soon(MonoTime now);
  /// Lets time pass; call it after every event. Returns the number of the listing to request now.
  std::optional<std::uint64_t> tend(const Turn& turn);

  /// Whether requests may be sent to the runtime.
  bool is_usable() const { return state_.up && state_.known; }
  /// Why it cannot be used or listed, in words; empty if it can.
  std::string problem() const;

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: the runtime is on the same machine and is judged by its answers alone.
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  State state_;
};

}  // namespace hearth::core
