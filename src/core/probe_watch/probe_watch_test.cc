#include "core/probe_watch/probe_watch.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kNow{1h};

Probe probe_of(std::uint32_t failures, std::uint32_t successes) {
  return {.check = HttpCheck{.port = 8080, .path = "/healthz"},
          .failures = failures,
          .successes = successes};
}

/// Runs one check after the other, and answers each as the letters of `answers` say: s(uccess),
/// f(ailure), t(imed out), n(ot run). Returns the verdict after each: o(pen), p(assed), f(ailed).
std::string verdicts(ProbeWatch& watch, std::string_view answers) {
  std::string verdicts;
  Prng prng(1);
  Duration watched = watch.state().due.value_or(0s);
  std::uint64_t number = 0;
  for (const char answer : answers) {
    watched = std::max(watched, *watch.state().due);
    const WatchMoment moment{kNow + watched, watched};
    watch.start(++number, moment, prng);
    ProbeResult result{ProbeOutcome::kSucceeded, ""};
    if (answer == 'f') result = {ProbeOutcome::kFailed, "was refused"};
    if (answer == 't') result = {ProbeOutcome::kTimedOut, ""};
    if (answer == 'n') result = {ProbeOutcome::kNotRun, "the container has no address yet"};
    watch.on_answer(number, result, moment);
    watch.check_invariants();
    verdicts += watch.verdict() == ProbeVerdict::kOpen     ? 'o'
                : watch.verdict() == ProbeVerdict::kPassed ? 'p'
                                                           : 'f';
  }
  return verdicts;
}

std::string verdicts(ProbeKind kind, const Probe& probe, std::string_view answers) {
  ProbeWatch watch(kind, probe);
  watch.begin(0s);
  return verdicts(watch, answers);
}

// Goal: rows are counted as Kubernetes counts them. Method: its worker's rules by hand: a result
// counts once it has come `failures` or `successes` times in a row; an error of the prober itself
// counts as neither and does not end a row.
TEST(ProbeWatch, CountsAnswersAsKubernetesDoes) {
  struct Row {
    ProbeKind kind;
    std::uint32_t failures;
    std::uint32_t successes;
    std::string_view answers;
    std::string_view verdicts;
  };
  constexpr ProbeKind kReadiness = ProbeKind::kReadiness;
  constexpr ProbeKind kLiveness = ProbeKind::kLiveness;
  constexpr ProbeKind kStartup = ProbeKind::kStartup;
  for (const Row& row : std::initializer_list<Row>{
           {kReadiness, 3, 1, "s", "p"},
           {kReadiness, 3, 1, "ffs", "oop"},
           {kReadiness, 3, 1, "sfff", "pppf"},
           {kReadiness, 3, 1, "sffsffs", "ppppppp"},
           {kReadiness, 3, 1, "sffffs", "pppffp"},
           {kReadiness, 3, 1, "sftf", "pppf"},
           {kReadiness, 1, 1, "sfs", "pfp"},
           {kReadiness, 3, 2, "ss", "op"},
           {kReadiness, 3, 2, "sfss", "ooop"},
           {kReadiness, 1, 2, "ssfsfss", "opffffp"},
           {kReadiness, 3, 1, "sffnf", "ppppf"},
           {kReadiness, 3, 2, "sns", "oop"},
           {kReadiness, 3, 1, "fffff", "ooooo"},  // It starts: its readiness deadline judges it.
           {kLiveness, 3, 1, "fff", "oof"},
           {kLiveness, 3, 1, "ttt", "oof"},
           {kLiveness, 3, 1, "sffsfff", "ppppppf"},
           {kLiveness, 1, 1, "f", "f"},
           {kLiveness, 3, 1, "nnnnnnnn", "oooooooo"},
           {kLiveness, 3, 1, "fnfnf", "oooof"},
           {kLiveness, 3, 1, "fffs", "oofp"},  // Its owner had a reason not to restart it.
           {kLiveness, 3, 5, "s", "p"},
           {kStartup, 3, 1, "ffs", "oop"},
           {kStartup, 3, 5, "s", "p"},
           {kStartup, 3, 1, "fff", "oof"},
       }) {
    EXPECT_EQ(verdicts(row.kind, probe_of(row.failures, row.successes), row.answers), row.verdicts)
        << name_of(row.kind) << " " << row.failures << " " << row.successes << " " << row.answers;
  }
}

TEST(ProbeWatch, TellsTimeoutsFromRefusalsInWords) {
  const auto words = [](std::string_view answers) {
    ProbeWatch watch(ProbeKind::kReadiness, probe_of(3, 1));
    watch.begin(0s);
    verdicts(watch, answers);
    return watch.words();
  };
  const std::string fails = "its readiness probe fails";
  EXPECT_EQ(words("s"), "");
  EXPECT_EQ(words("f"), fails + ": GET /healthz on port 8080 was refused");
  EXPECT_EQ(words("ttt"),
            fails + ": GET /healthz on port 8080 timed out after 2.0 s, 3 times in a row");
  EXPECT_EQ(words("ttf"),
            fails + ", 3 times in a row: the last time, GET /healthz on port 8080 was refused");
  EXPECT_EQ(words("n"), "its readiness probe could not be run: the container has no address yet");
  EXPECT_EQ(words("fnn"), fails +
                              ": GET /healthz on port 8080 was refused; since then its readiness "
                              "probe could not be run, 2 times in a row: the container has no "
                              "address yet");
  EXPECT_EQ(words("nnf"), fails + ": GET /healthz on port 8080 was refused");
}

TEST(ProbeWatch, KeepsOthersWordsShort) {
  ProbeWatch watch(ProbeKind::kLiveness, {.check = ExecCheck{{"check", std::string(8000, 'x')}}});
  watch.begin(0s);
  Prng prng(1);
  watch.start(1, {kNow, 0s}, prng);
  watch.on_answer(1, {ProbeOutcome::kFailed, std::string(10'000, 'y')}, {kNow, 0s});
  EXPECT_LT(watch.words().size(), 400U);
}

TEST(ProbeWatch, ItsPeriodIsJitteredByATenthAtMost) {
  Prng prng(1);
  ProbeWatch watch(ProbeKind::kLiveness, probe_of(3, 1));
  watch.begin(0s);
  Duration shortest = 1h;
  Duration longest = 0s;
  for (std::uint64_t number = 1; number < 1000; ++number) {
    const Duration begun = *watch.state().due;
    watch.start(number, {kNow + begun, begun}, prng);
    watch.on_answer(number, {}, {kNow + begun, begun});
    shortest = std::min(shortest, *watch.state().due - begun);
    longest = std::max(longest, *watch.state().due - begun);
  }
  EXPECT_GE(shortest, 9s);
  EXPECT_LT(shortest, 9200ms);
  EXPECT_LE(longest, 11s);
  EXPECT_GT(longest, 10800ms);
}

// Goal: a container that has no address for its first check is not asked a whole period later.
TEST(ProbeWatch, ACheckThatCouldNotBeRunIsRepeatedSooner) {
  Prng prng(1);
  ProbeWatch watch(ProbeKind::kReadiness, probe_of(3, 1));
  watch.begin(0s);
  Duration now = 0s;
  std::uint64_t number = 0;
  for (const Duration wait : {1s, 2s, 4s, 8s}) {
    watch.start(++number, {kNow + now, now}, prng);
    watch.on_answer(number, {ProbeOutcome::kNotRun, "no"}, {kNow + now, now});
    EXPECT_EQ(*watch.state().due - now, wait);
    now = *watch.state().due;
  }
  watch.start(++number, {kNow + now, now}, prng);
  watch.on_answer(number, {ProbeOutcome::kNotRun, "no"}, {kNow + now, now});
  EXPECT_LE(*watch.state().due - now, 11s) << "never more than a period";
}

TEST(ProbeWatch, OnlyALongOverdueCheckIsSpread) {
  Prng prng(3);
  ProbeWatch watch(ProbeKind::kLiveness, probe_of(3, 1));
  watch.begin(5s);
  watch.spread(15s, prng);
  EXPECT_EQ(watch.state().due, 5s);
  watch.spread(15s + 1ns, prng);
  EXPECT_GT(*watch.state().due, 15s);
  EXPECT_LE(*watch.state().due, 16s + 1ns);
}

}  // namespace
}  // namespace hearth::core
