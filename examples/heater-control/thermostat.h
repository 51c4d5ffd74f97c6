#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace heater_control {

enum class Heater { kOff, kOn };

/// The heater is switched on below `low` and off above `high`; in between it stays as it is, so
/// that it does not switch with every draught. In °C, low < high.
struct Band {
  double low;
  double high;
};

/// The readings of three sensors in one room, in °C; nullopt: no answer.
using Readings = std::array<std::optional<double>, 3>;

struct Decision {
  Heater heater;
  std::optional<double> temperature;  ///< nullopt: unknown.
  std::string_view reason;
};

/// Decides by the median of three, which one broken sensor cannot move outside the readings of the
/// two good ones. An impossible reading (a disconnected sensor reports 85 or -127) is dropped. If
/// two are left they must agree, because either may be wrong. While the temperature is unknown the
/// heater is off: a cold room is a nuisance, a hot one a fire.
inline Decision decide(Band band, Heater heater, const Readings& readings) {
  constexpr double kColdest = -30, kHottest = 60, kAgreement = 2;
  std::vector<double> plausible;
  for (const std::optional<double>& reading : readings) {
    if (reading && *reading >= kColdest && *reading <= kHottest) plausible.push_back(*reading);
  }
  std::sort(plausible.begin(), plausible.end());
  if (plausible.size() < 2) return {Heater::kOff, std::nullopt, "too few sensors left: off"};
  if (plausible.size() == 2 && plausible[1] - plausible[0] > kAgreement) {
    return {Heater::kOff, std::nullopt, "the two sensors left disagree: off"};
  }
  const double temperature =
      plausible.size() == 3 ? plausible[1] : (plausible[0] + plausible[1]) / 2;
  if (temperature < band.low) return {Heater::kOn, temperature, "too cold"};
  if (temperature > band.high) return {Heater::kOff, temperature, "warm enough"};
  return {heater, temperature, heater == Heater::kOn ? "warming up" : "cooling down"};
}

}  // namespace heater_control
