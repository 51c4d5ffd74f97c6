#include "core/probe_watch/healthcheck_watch.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

constexpr bool kStartupPassed = true;
constexpr bool kBeforeStartup = false;

TEST(HealthcheckWatch, IsOpenUntilItsFirstSuccess) {
  HealthcheckWatch watch;
  EXPECT_FALSE(watch.is_known());
  EXPECT_EQ(watch.readiness(), ProbeVerdict::kOpen);
  for (const ImageHealth health : {ImageHealth::kStarting, ImageHealth::kUnhealthy}) {
    watch.on_health(health, "", kStartupPassed);
    EXPECT_EQ(watch.readiness(), ProbeVerdict::kOpen);
  }
  watch.on_health(ImageHealth::kHealthy, "", kStartupPassed);
  EXPECT_EQ(watch.readiness(), ProbeVerdict::kPassed);
  watch.on_health(ImageHealth::kUnhealthy, "", kStartupPassed);
  EXPECT_EQ(watch.readiness(), ProbeVerdict::kFailed);
  watch.on_health(ImageHealth::kHealthy, "", kStartupPassed);
  EXPECT_EQ(watch.readiness(), ProbeVerdict::kPassed);
}

TEST(HealthcheckWatch, AsLivenessAnUnhealthyImageFails) {
  HealthcheckWatch watch;
  watch.on_health(ImageHealth::kStarting, "", kStartupPassed);
  EXPECT_EQ(watch.liveness(), ProbeVerdict::kOpen);
  watch.on_health(ImageHealth::kUnhealthy, "no route", kStartupPassed);
  EXPECT_EQ(watch.liveness(), ProbeVerdict::kFailed);
  EXPECT_EQ(watch.words(), "the HEALTHCHECK of its image says that it is unhealthy: no route");
  watch.on_health(ImageHealth::kHealthy, "", kStartupPassed);
  EXPECT_EQ(watch.liveness(), ProbeVerdict::kPassed);
  EXPECT_EQ(watch.words(), "");
}

// Goal: a slow start that its startup probe allows is not ended by what the image said meanwhile,
// which the runtime reports again at every look.
TEST(HealthcheckWatch, WhatItSaidBeforeStartupPassedDoesNotCountAfterwards) {
  HealthcheckWatch watch;
  watch.on_health(ImageHealth::kUnhealthy, "", kBeforeStartup);
  watch.on_health(ImageHealth::kUnhealthy, "", kStartupPassed);
  EXPECT_EQ(watch.liveness(), ProbeVerdict::kOpen);
  const HealthcheckWatch after_a_start_of_the_agent(watch.durable());
  HealthcheckWatch restored = after_a_start_of_the_agent;
  restored.on_health(ImageHealth::kUnhealthy, "", kStartupPassed);
  EXPECT_EQ(restored.liveness(), ProbeVerdict::kOpen);
  watch.on_health(ImageHealth::kHealthy, "", kStartupPassed);
  watch.on_health(ImageHealth::kUnhealthy, "", kStartupPassed);
  EXPECT_EQ(watch.liveness(), ProbeVerdict::kFailed);
}

TEST(HealthcheckWatch, AnImageWithoutOneSaysNothing) {
  HealthcheckWatch watch;
  EXPECT_NE(watch.words(), "");
  watch.on_health(ImageHealth::kNone, "", kStartupPassed);
  EXPECT_TRUE(watch.is_known());
  EXPECT_FALSE(watch.exists());
  EXPECT_EQ(watch.words(), "");
  EXPECT_EQ(watch.readiness(), ProbeVerdict::kOpen);
  EXPECT_EQ(watch.liveness(), ProbeVerdict::kOpen);
}

TEST(HealthcheckWatch, KeepsTheOutputShort) {
  HealthcheckWatch watch;
  watch.on_health(ImageHealth::kUnhealthy, std::string(5000, 'x'), kStartupPassed);
  EXPECT_LE(watch.state().output.size(), HealthcheckWatch::kOutputBytesMax);
}

}  // namespace
}  // namespace hearth::core
