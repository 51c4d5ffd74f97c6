#pragma once

#include "ports/last_words.h"

namespace hearth::sim {

/// Simulated containers say nothing before they die.
struct NoLastWords final : LastWordsStore {
  Result<void> keep(const LastWords&, WallTime) override { return {}; }
  Result<std::optional<LastWords>> latest(const InstanceId&, const ContainerId&,
                                          WallTime) override {
    return std::nullopt;
  }
};

}  // namespace hearth::sim
