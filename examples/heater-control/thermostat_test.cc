#include "thermostat.h"

#include <gtest/gtest.h>

namespace heater_control {
namespace {

constexpr Band kBand{.low = 20, .high = 21};

TEST(Thermostat, SwitchesAtTheEdgesAndStaysInBetween) {
  EXPECT_EQ(decide(kBand, Heater::kOff, {19.9, 19.8, 19.7}).heater, Heater::kOn);
  EXPECT_EQ(decide(kBand, Heater::kOn, {20.5, 20.5, 20.5}).heater, Heater::kOn);
  EXPECT_EQ(decide(kBand, Heater::kOn, {21.1, 21.2, 21.3}).heater, Heater::kOff);
  EXPECT_EQ(decide(kBand, Heater::kOff, {20.5, 20.5, 20.5}).heater, Heater::kOff);
}

TEST(Thermostat, OneBrokenSensorDoesNotDecide) {
  for (const std::optional<double> broken :
       {std::optional<double>(), std::optional(-127.0), std::optional(85.0), std::optional(0.0),
        std::optional(55.0), std::optional(std::nan(""))}) {
    EXPECT_EQ(decide(kBand, Heater::kOn, {broken, 21.2, 21.3}).heater, Heater::kOff);
    EXPECT_EQ(decide(kBand, Heater::kOff, {19.5, broken, 19.4}).heater, Heater::kOn);
    EXPECT_EQ(decide(kBand, Heater::kOn, {20.4, 20.6, broken}).heater, Heater::kOn);
  }
}

TEST(Thermostat, WithoutATemperatureTheHeaterIsOff) {
  EXPECT_EQ(decide(kBand, Heater::kOn, {std::nullopt, std::nullopt, 10}).heater, Heater::kOff);
  EXPECT_EQ(decide(kBand, Heater::kOn, {-127, 15, 19}).heater, Heater::kOff);
  EXPECT_FALSE(decide(kBand, Heater::kOn, {}).temperature);
}

}  // namespace
}  // namespace heater_control
