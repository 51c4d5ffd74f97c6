#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/state_paint.h"
#include "cli/terminal/table.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

constexpr std::size_t kShownByDefault = 40;

/// "99.97 %", never rounded up: 100 % means always.
std::string percentage(Duration part, Duration whole) {
  if (whole <= Duration::zero()) return "";
  const auto hundredths = static_cast<std::uint64_t>(static_cast<double>(part.count()) /
                                                     static_cast<double>(whole.count()) * 10'000);
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
}

std::string length_of(Duration duration) {
  return duration > Duration::zero() ? show_duration(duration) : "";
}

Paint paint_of(Duration missing) {
  return missing > Duration::zero() ? Paint::kWarning : Paint::kPlain;
}

/// "2026-03-01 09:15:02".
std::string to_the_second(WallTime time) {
  std::string text = show_time(time).substr(0, 19);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

class HistoryCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "history",
        .summary = "Show what has become of a workload, and how available it was.",
        .details =
            "ALL READY is the share of the time in which at least as many instances were ready\n"
            "as were wanted, ONE READY that in which at least one was, both of the time in\n"
            "which some were wanted and the manager knew; NOT KNOWN is the rest since its first\n"
            "deploy: the manager did not run or was blind, or the history begins later. Below, "
            "the\n"
            "last 40 changes, each with how long it lasted, or all since a time. Times are UTC. "
            "It\n"
            "goes back 31 days.",
        .examples = {{"hearth history heater", ""},
                     {"hearth history heater --since 1d", "the last day"},
                     {"hearth history heater -o json | jq '.availability.periods[0]'", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("WORKLOAD", "its name", name_);
    arguments.value({"--since", "TIME", "start at this time: 2d (ago), or 2026-03-01T09:00:00Z"},
                    since_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    if (const auto name = WorkloadName::parse(name_); !name) return tl::unexpected(name.error());
    const Result<std::string> target = entries_target(session.now());
    if (!target) return tl::unexpected(target.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto availability = api->get(fmt::format("/v1/workloads/{}/availability", name_));
    if (!availability) return tl::unexpected(availability.error());
    const auto pages = pages_of(*api, *target);
    if (!pages) return tl::unexpected(pages.error());
    return output_ == OutputFormat::kJson ? print_json(*availability, *pages, session)
                                          : print_text(*availability, *pages, session);
  }

 private:
  Result<std::string> entries_target(WallTime now) const {
    const std::string target = fmt::format("/v1/workloads/{}/history", name_);
    if (!since_) return fmt::format("{}?limit={}", target, kShownByDefault);
    const Result<WallTime> since = parse_since(*since_, now);
    if (!since) return tl::unexpected(since.error());
    return fmt::format("{}?since={}", target, percent_encode(show_time(*since)));
  }

  Result<std::vector<std::string>> pages_of(const ApiClient& api, const std::string& target) const {
    if (since_) return api.get_pages(target);
    const Result<std::string> page = api.get(target);
    if (!page) return tl::unexpected(page.error());
    return std::vector{*page};
  }

  static Result<ExitCode> print_json(const std::string& availability,
                                     const std::vector<std::string>& pages, Session& session) {
    const auto items = split_items(pages);
    if (!items) return tl::unexpected(items.error());
    session.terminal.say_json(
        fmt::format(R"({{"availability":{},"items":[{}]}})", availability, fmt::join(*items, ",")));
    return ExitCode::kOk;
  }

  Result<ExitCode> print_text(const std::string& availability,
                              const std::vector<std::string>& pages, Session& session) const {
    const auto periods = decode_availability(availability);
    if (!periods) return tl::unexpected(periods.error());
    auto entries = decode_history(pages);
    if (!entries) return tl::unexpected(entries.error());
    availability_table(*periods).print(session.terminal);
    session.terminal.say("");
    if (entries->empty()) {
      session.terminal.say("no change since then");
      return ExitCode::kOk;
    }
    const auto next = decode_next_cursor(pages.back());
    if (!since_ && next && !next->empty())
      session.terminal.say(session.terminal.painted(Paint::kDim, "… and more: --since 31d"));
    std::ranges::reverse(*entries);
    entry_table(*entries).print(session.terminal);
    return ExitCode::kOk;
  }

  static Table availability_table(const std::vector<AvailabilityView>& periods) {
    using enum Table::Column::Align;
    Table table({{"LAST"},
                 {"ALL READY", kRight},
                 {"ONE READY", kRight},
                 {"FEWER", kRight},
                 {"NONE", kRight},
                 {"NOT WANTED", kRight},
                 {"NOT KNOWN", kRight}});
    for (const AvailabilityView& one : periods) {
      const Duration whole = one.available + one.reduced + one.unavailable;
      table.add({one.period,
                 {percentage(one.available, whole), paint_of(whole - one.available)},
                 {percentage(one.available + one.reduced, whole), paint_of(one.unavailable)},
                 length_of(one.reduced),
                 length_of(one.unavailable),
                 length_of(one.unwanted),
                 length_of(one.unknown)});
    }
    return table;
  }

  static Table entry_table(const std::vector<HistoryView>& entries) {
    using enum Table::Column::Align;
    Table table(
        {{"SINCE"}, {"WHAT"}, {"STATE"}, {"FOR", kRight}, {"NODE"}, {"CONTAINER"}, {"CAUSE"}});
    for (const HistoryView& entry : entries) {
      std::string lasted = entry.lasts ? "still" : "";
      if (entry.until && entry.at) lasted = show_duration(*entry.until - *entry.at);
      table.add({entry.at ? to_the_second(*entry.at) : "", entry.subject, state_cell(entry.state),
                 lasted, entry.node, entry.container.substr(0, 12), entry.cause});
    }
    return table;
  }

  std::string name_;
  std::optional<std::string> since_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_history_command() {
  return std::make_unique<HistoryCommand>();
}

}  // namespace hearth::cli
