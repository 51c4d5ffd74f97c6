#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

namespace hearth {

/// The end of what a container wrote before it died.
struct LastWords {
  InstanceId instance;
  ContainerId container;
  WallTime at;       ///< When it died, by the node's clock.
  std::string text;  ///< Lines of any bytes; of a longer text than kBytesMax the end is kept.

  static constexpr std::size_t kBytesMax = 64 * 1024;
  bool operator==(const LastWords&) const = default;
};

/// Where an agent keeps the last words of containers that died, on its node's disk. It is bounded:
/// the oldest are dropped first. Every call blocks for as long as the disk takes, and is made by
/// one worker.
class LastWordsStore {
 public:
  static constexpr std::size_t kCountMax = 64;
  static constexpr std::chrono::hours kAgeMax{7 * 24};

  virtual ~LastWordsStore() = default;
  /// Replaces those of the same container. `now` is the node's clock, by which ages are judged.
  /// kExhausted: the disk is full.
  virtual Result<void> keep(const LastWords& words, WallTime now) = 0;
  /// The latest of an instance; nullopt if there are none. Those of the container `but_not` are
  /// left out; it can be empty.
  virtual Result<std::optional<LastWords>> latest(const InstanceId& instance,
                                                  const ContainerId& but_not, WallTime now) = 0;
};

}  // namespace hearth
