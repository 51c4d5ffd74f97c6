#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/log_rules/log_rules.h"
#include "core/log_rules/log_rules_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

std::vector<LogRule> all_kinds() {
  std::vector<LogRule> rules = {must_not_appear({}, HealthAction::kMark),
                                must_not_appear({.count = 3, .within = 20s}),
                                must_appear(30s),
                                must_recur(10s, 20s),
                                silence(25s),
                                must_recur(1ns)};
  rules[1].name = "bad-often";
  rules[1].hold_off = 1min;
  rules[3].hold_off = 15s;
  rules[4].stream = LogStream::kStderr;
  rules[5].name = "tiny";
  rules[5].hold_off = 1s;
  return rules;
}

/// Anything that can happen to the rules, at random.
struct Step {
  std::uint8_t kind;
  std::uint8_t what;
  Duration time;
  std::optional<Duration> age;
};

rc::Gen<Step> any_step() {
  const auto time = rc::gen::map(rc::gen::inRange<std::int64_t>(0, 40'000),
                                 [](std::int64_t ms) { return Duration(ms * 1ms); });
  const auto age =
      rc::gen::map(rc::gen::inRange<std::int64_t>(-5'000, 90'000), [](std::int64_t ms) {
        return ms < 0 ? std::optional<Duration>() : std::optional<Duration>(ms * 1ms);
      });
  return rc::gen::construct<Step>(rc::gen::inRange<std::uint8_t>(0, 9),
                                  rc::gen::arbitrary<std::uint8_t>(), time, age);
}

void apply(const Step& step, LogRulesScene& scene) {
  switch (step.kind) {
    case 0: return scene.match(step.what % 4, step.age);
    case 1: return scene.match(step.what % 2);
    case 2:
      return scene.write(step.what % 2 == 0 ? LogStream::kStdout : LogStream::kStderr, step.age);
    case 3: return scene.read(static_cast<LogReading>(step.what % 4));
    case 4: return scene.hinder(static_cast<WatchObstacle>(step.what % 3));
    case 5: return scene.clear(static_cast<WatchObstacle>(step.what % 3));
    case 6: return step.what % 4 == 0 ? scene.start() : scene.stall(step.time / 10);
    case 7:
      if (step.what % 4 == 0) scene.skip({.from_age = step.time, .to_age = step.time / 2});
      return;
    case 8: return scene.read(LogReading::kCaughtUp);
  }
}

RC_GTEST_PROP(LogRulesProperties, NoRuleFiresTwiceWithinItsHoldOff, ()) {
  LogRulesScene scene(all_kinds());
  for (const Step& step : *rc::gen::container<std::vector<Step>>(any_step())) {
    apply(step, scene);
    scene.pass(step.time);
    if (step.what % 16 == 0) {
      scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
    }
  }
  std::map<std::string, Duration> hold_offs;
  for (const LogRule& rule : scene.rules) hold_offs[rule.name] = rule.hold_off;
  std::map<std::string, MonoTime> last;
  for (const LogFiring& firing : scene.firings) {
    if (last.contains(firing.rule)) {
      RC_ASSERT(firing.at - last[firing.rule] >= hold_offs[firing.rule]);
    }
    last[firing.rule] = firing.at;
  }
}

RC_GTEST_PROP(LogRulesProperties, SavingAndRestoringAtAnyPointChangesNothing, ()) {
  LogRulesScene scene(all_kinds());
  LogRulesScene restored(all_kinds());
  for (const Step& step : *rc::gen::container<std::vector<Step>>(any_step())) {
    restored.log = LogRules(restored.rules, restored.log.save());
    for (LogRulesScene* each : {&scene, &restored}) {
      apply(step, *each);
      each->pass(step.time);
    }
    RC_ASSERT(restored.log.save() == scene.log.save());
    RC_ASSERT(restored.log.next_deadline() == scene.log.next_deadline());
    RC_ASSERT(restored.log.statuses() == scene.log.statuses());
  }
  RC_ASSERT(restored.firings == scene.firings);
}

// Goal: nothing that is absent is a fault while it cannot be seen. Method: the rules are blind
// throughout; lines come and go, and nobody is caught up.
RC_GTEST_PROP(LogRulesProperties, WhoSeesNothingConcludesNothing, ()) {
  LogRulesScene scene(
      {must_appear(30s), must_recur(10s), must_recur(1ns), must_appear(1s), silence(5s)});
  scene.hinder(WatchObstacle::kRuntimeHangs);
  for (const Step& step : *rc::gen::container<std::vector<Step>>(any_step())) {
    if (step.kind != 5 && step.kind < 8) apply(step, scene);
    scene.pass(step.time);
  }
  RC_ASSERT(scene.firings.empty());
}

// Goal: a container whose line recurs in time never fires, whatever happens to the reader. Method:
// each line is passed on, with its age if the reader was not caught up; the reader comes and goes.
RC_GTEST_PROP(LogRulesProperties, AHealthyContainerNeverFires, ()) {
  LogRulesScene scene({must_recur(10s), silence(10s)});
  bool caught_up = true;
  std::vector<MonoTime> unread;
  for (const std::uint8_t what :
       *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 6))) {
    scene.pass(9'999ms);
    unread.push_back(scene.now);
    if (what == 0) {
      scene.read(LogReading::kReconnecting);
      caught_up = false;
    } else if (what == 1) {
      scene.stall(3s);
    } else if (what == 2) {
      scene.read(LogReading::kBehind);
      for (const MonoTime written : unread) scene.match(0, scene.now - written);
      unread.clear();
      scene.read(LogReading::kCaughtUp);
      caught_up = true;
    } else if (what == 3 && caught_up) {
      scene.skip({.from_age = 0s, .to_age = 0s});
      unread.clear();
    }
    if (caught_up && !unread.empty()) {
      scene.match(0);
      unread.clear();
    }
  }
  RC_ASSERT(scene.firings.empty());
}

}  // namespace
}  // namespace hearth::core
