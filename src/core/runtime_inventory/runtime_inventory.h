#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/runtime_inventory/listing.h"

namespace hearth::core {

/// Knows whether the node's container runtime can be worked with, and when to list what it has.
///
/// The runtime is up while its notices arrive. Its containers are known once it was listed since;
/// it is listed again now and then, because a notice may have been lost. A runtime that hangs keeps
/// the way of its notices open and would leave every request without an answer: when a listing
/// times out again, its containers count as not known until one succeeds.
///
/// It does not keep what was listed: it passes a listing on to whoever does. Sans-io, not
/// thread-safe.
class RuntimeInventory {
 public:
  /// Between two listings.
  static constexpr Duration kPeriod = std::chrono::seconds(30);
  /// After a listing failed.
  static constexpr Duration kRetry = std::chrono::seconds(1);
  /// A single listing may fail in passing.
  static constexpr std::uint32_t kFailuresTolerated = 1;

  struct State {
    bool up = false;
    std::string down_reason = "the container runtime has not answered yet";
    bool known = false;          ///< It was listed since it is up.
    std::uint32_t failures = 0;  ///< Listings that failed since the last that did not.
    std::string last_failure;
    std::optional<std::uint64_t> asked_in;  ///< The turn in which the listing under way was asked.
    MonoTime next_listing{};
    bool operator==(const State&) const = default;
  };

  RuntimeInventory() = default;
  explicit RuntimeInventory(State state);
  State save() const { return state_; }

  /// Its notices arrive (again).
  void on_found(MonoTime now);
  void on_lost(const std::string& reason);
  /// The answer to the listing with that number. nullopt: it failed, or was asked of a runtime that
  /// was lost since.
  [[nodiscard]] std::optional<Listing> on_listed(std::uint64_t number,
                                                 const Result<Inventory>& outcome, MonoTime now);
  /// Something is there that no listing has named yet: the next one is due at once.
  void list_again(MonoTime now) { state_.next_listing = now; }
  /// Lets time pass; to be called after whatever happened. Returns the number of the listing to ask
  /// for now.
  std::optional<std::uint64_t> tend(const Turn& turn);

  /// Whether the runtime may be told to do anything.
  bool is_usable() const { return state_.up && state_.known; }
  /// What keeps it from being used or listed, in words; else empty.
  std::string problem() const;

  std::optional<MonoTime> next_deadline() const;
  /// The runtime is on the same machine and is judged by its answers alone.
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  State state_;
};

}  // namespace hearth::core
