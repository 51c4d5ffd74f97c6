#pragma once

#include <array>
#include <cstdint>

namespace hearth {

/// Deterministic pseudo-random numbers (xoshiro256**, Blackman and Vigna 2018): the same seed gives
/// the same numbers on every machine and standard library, which std:: distributions do not
/// promise. Not for secrets. Not thread-safe.
class Prng {
 public:
  /// The position in its sequence.
  using State = std::array<std::uint64_t, 4>;

  explicit Prng(std::uint64_t seed);
  explicit Prng(const State& state) : state_(state) {}
  State save() const { return state_; }

  std::uint64_t next();
  /// Uniform in [0, bound). `bound` > 0. Uses Lemire's multiply-shift; its bias below 2^-32 does
  /// not matter here.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high);
  /// True with probability `permille` / 1000.
  bool chance(std::uint32_t permille) { return below(1000) < permille; }

 private:
  State state_;
};

}  // namespace hearth
