#include "app/log_trial.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "base/duration_text.h"
#include "core/log_rules/log_rules.h"

namespace hearth {
namespace {

/// Longer timestamps do not exist: "2026-03-01T09:15:02.123456789+01:00" has 35 bytes.
constexpr std::size_t kStampBytesMax = 40;

/// Reads lines into a buffer of fixed size: of a longer one only the beginning.
class LineReader {
 public:
  explicit LineReader(std::istream& in)
      : in_(in), buffer_(LineMatcher::kLineBytesMax + kStampBytesMax + 1) {}

  /// Valid until the next call. nullopt: the end.
  std::optional<std::string_view> next() {
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    std::size_t size = static_cast<std::size_t>(in_.gcount());
    if (in_.fail()) {
      if (size == 0) return std::nullopt;
      in_.clear();  // The buffer is full.
      in_.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    } else if (!in_.eof()) {
      --size;  // The line end counts as read.
    }
    if (size > 0 && buffer_[size - 1] == '\r') --size;
    return std::string_view(buffer_.data(), size);
  }

 private:
  std::istream& in_;
  std::vector<char> buffer_;
};

struct TimedLine {
  std::string_view text;
  std::optional<WallTime> written;
};

TimedLine split_stamp(std::string_view line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  if (space > kStampBytesMax) return {line, {}};
  const Result<WallTime> written = parse_time(line.substr(0, space));
  if (!written) return {line, {}};
  line.remove_prefix(std::min(space + 1, line.size()));
  return {line, *written};
}

/// When the lines were written, counted from the first.
class LineClock {
  static constexpr auto kLengthMax =
      std::chrono::duration_cast<std::chrono::milliseconds>(kTrialLengthMax);

 public:
  explicit LineClock(std::optional<Duration> interval) : interval_(interval) {}

  /// The text of a line, without the timestamp. Moves after() to when it was written.
  Result<std::string_view> take(std::string_view line, std::uint64_t number) {
    const bool is_stamped = !interval_ && (number == 1 || first_);
    const TimedLine timed = is_stamped ? split_stamp(line) : TimedLine{line, {}};
    if (number == 1) first_ = timed.written;
    if (timed.written) {
      // Compared in milliseconds: the years that a timestamp can name do not fit into nanoseconds.
      const std::chrono::milliseconds since = *timed.written - *first_;
      if (since > kLengthMax) return too_long(number);
      if (since.count() > 0) after_ = std::max(after_, Duration(since));
    } else if (interval_ && number > 1) {
      after_ += *interval_;
      if (after_ > kTrialLengthMax) return too_long(number);
    }
    return timed.text;
  }
  Duration after() const { return after_; }
  const std::optional<WallTime>& first() const { return first_; }

 private:
  static tl::unexpected<Error> too_long(std::uint64_t number) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("line {} was written more than {} after line 1; a recording must be "
                            "shorter",
                            number, show_duration(kTrialLengthMax)));
  }

  std::optional<Duration> interval_;
  std::optional<WallTime> first_;
  Duration after_{};
};

std::vector<LogRule> reading_every_line(std::vector<LogRule> rules) {
  for (LogRule& rule : rules) rule.stream = LogStream::kAny;
  return rules;
}

class Trial {
 public:
  Trial(const std::vector<LogRule>& rules, std::unique_ptr<LineMatcher> matcher)
      : matcher_(std::move(matcher)), log_(rules, kStart) {
    for (const LogRule& rule : rules) {
      result_.rules.push_back(
          {.name = rule.name,
           .action = rule.action,
           .awaits_readiness = std::holds_alternative<MustAppear>(rule.condition),
           .standing = {},
           .words = {}});
      reads_all_.push_back(std::holds_alternative<LogSilence>(rule.condition));
    }
    log_.on_started(kStart, kStart);
    log_.on_reading(core::LogReading::kCaughtUp, kStart);
  }

  void read(std::string_view text, Duration after) {
    const MonoTime now = kStart + after;
    pass_to(now);
    ++result_.lines;
    core::LogLines lines{.from_stdout = {1, std::nullopt}};
    for (const std::uint16_t rule : matcher_->match(text, LogStream::kStdout)) {
      ++result_.rules[rule].matched;
      const std::string_view head = text.substr(0, core::RuleWatch::kEvidenceBytesMax + 1);
      lines.matched.push_back({.rule = rule, .age = std::nullopt, .text = std::string(head)});
    }
    for (std::size_t rule = 0; rule < reads_all_.size(); ++rule) {
      if (reads_all_[rule]) ++result_.rules[rule].matched;
    }
    note(log_.on_lines(lines, now), result_.lines);
    note(log_.tend(now), 0);
  }

  cli::LogTrial finish(const LineClock& clock) && {
    result_.first = clock.first();
    result_.length = clock.after();
    const std::vector<core::RuleStatus> statuses = log_.statuses();
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      cli::LogTrial::Rule& rule = result_.rules[i];
      rule.held_off += statuses[i].held_off;
      rule.standing = name_of(statuses[i].standing);
      rule.words = statuses[i].words;
    }
    return std::move(result_);
  }

 private:
  /// Any instant does.
  static constexpr MonoTime kStart{std::chrono::hours(1)};

  /// Wakes the rules whenever they ask for it. A line that comes just in time is in time.
  void pass_to(MonoTime now) {
    for (;;) {
      const std::optional<MonoTime> next = log_.next_deadline();
      if (!next || *next >= now) return;
      note(log_.tend(*next), 0);
    }
  }

  void note(std::vector<LogFiring> firings, std::uint64_t line) {
    for (LogFiring& firing : firings) {
      const auto rule = std::ranges::find(result_.rules, firing.rule, &cli::LogTrial::Rule::name);
      ++rule->fired;
      rule->held_off += firing.held_off;
      if (result_.firings.size() == kTrialFiringsMax) {
        ++result_.left_out;
        continue;
      }
      result_.firings.push_back({.after = firing.at - kStart,
                                 .line = line,
                                 .rule = std::move(firing.rule),
                                 .action = firing.action,
                                 .why = std::move(firing.why),
                                 .text = std::move(firing.line),
                                 .held_off = firing.held_off});
    }
  }

  std::unique_ptr<LineMatcher> matcher_;
  core::LogRules log_;
  std::vector<bool> reads_all_;  ///< By rule: it has no pattern.
  cli::LogTrial result_;
};

}  // namespace

Result<cli::LogTrial> try_log_rules(const std::vector<LogRule>& rules,
                                    const cli::LogRecording& log) {
  const std::vector<LogRule> tried = reading_every_line(rules);
  Result<std::unique_ptr<LineMatcher>> matcher = log_match::Re2PatternCompiler().compile(tried);
  if (!matcher) return fail(ErrorCode::kInvalidArgument, matcher.error().message);
  Trial trial(tried, *std::move(matcher));
  LineReader reader(log.lines);
  LineClock clock(log.interval);
  std::uint64_t number = 0;
  while (const std::optional<std::string_view> line = reader.next()) {
    const Result<std::string_view> text = clock.take(*line, ++number);
    if (!text) return tl::unexpected(text.error());
    trial.read(*text, clock.after());
  }
  return std::move(trial).finish(clock);
}

}  // namespace hearth
