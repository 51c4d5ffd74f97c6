#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/cluster_needs.h"
#include "cli/command.h"
#include "cli/state_paint.h"
#include "cli/terminal/table.h"

namespace hearth::cli {
namespace {

constexpr std::size_t kRowsDefault = 24;
constexpr std::size_t kRowsMin = 12;
constexpr std::size_t kNameColumnsMax = 28;
/// Of a line, for what is not a name: a state, its reason, gaps.
constexpr std::size_t kOtherColumns = 30;
/// The kinds of workloads in the order in which they are shown.
constexpr std::array<std::string_view, 3> kKinds{"service", "application", "oneshot"};

/// The answers that an overview is made from.
struct Overview {
  StatusView status;
  ClusterNeeds cluster;
};

/// Only if some are not ready: the list of all instances is long.
Result<std::vector<InstanceView>> unwell_instances(const ApiClient& api,
                                                   const std::vector<WorkloadView>& workloads) {
  if (std::ranges::none_of(workloads, lacks_ready)) return std::vector<InstanceView>();
  const auto pages = api.get_pages("/v1/instances");
  if (!pages) return tl::unexpected(pages.error());
  return decode_instances(*pages);
}

Result<Overview> look(const ApiClient& api) {
  const Result<std::string> text = api.get("/v1/status");
  if (!text) return tl::unexpected(text.error());
  auto status = decode_status(*text);
  if (!status) return tl::unexpected(status.error());
  const auto node_pages = api.get_pages("/v1/nodes");
  if (!node_pages) return tl::unexpected(node_pages.error());
  const auto nodes = decode_nodes(*node_pages);
  if (!nodes) return tl::unexpected(nodes.error());
  const auto workload_pages = api.get_pages("/v1/workloads");
  if (!workload_pages) return tl::unexpected(workload_pages.error());
  const auto workloads = decode_workloads(*workload_pages);
  if (!workloads) return tl::unexpected(workloads.error());
  const auto instances = unwell_instances(api, *workloads);
  if (!instances) return tl::unexpected(instances.error());
  return Overview{*std::move(status), needs_of(*nodes, *workloads, *instances)};
}

std::string words_of(std::string_view state) {
  std::string words = printable(state);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string plural(std::string_view kind) {
  return fmt::format("{}s", kind);
}

/// Writes lines that are cut at the edge of a terminal, and counts them.
class Screen {
 public:
  explicit Screen(Terminal& terminal) : terminal_(terminal) {}

  /// "nodes         3: 1 dead, 2 live". Parts that have no room on the line are left out.
  /// `adopted`: how many of them were, which is then added to their number.
  void counts(const std::string& what, const StateCounts& by_state, std::size_t adopted = 0) {
    std::size_t all = 0;
    for (const auto& [state, count] : by_state) all += count;
    std::string line = label(what) + std::to_string(all);
    if (adopted > 0) line += fmt::format(" ({} adopted)", adopted);
    std::size_t columns = columns_of(line);
    bool is_first = true;
    for (const auto& [state, count] : by_state) {
      const std::string part = fmt::format("{} {}", count, words_of(state));
      columns += columns_of(part) + 2;
      if (const auto width = terminal_.style().width; width && columns + 3 > *width) {
        line += ", …";
        break;
      }
      line += std::exchange(is_first, false) ? ": " : ", ";
      line += terminal_.painted(state == "well" ? Paint::kGood : state_cell(state).paint, part);
    }
    say(line);
  }
  /// `words` are those of others, perhaps.
  void line(const std::string& what, std::string_view words, Paint paint = Paint::kPlain) {
    say(label(what) + terminal_.painted(paint, cut(printable(words), label(what).size())));
  }
  void remark(const std::string& words, Paint paint) {
    say(terminal_.painted(paint, cut(words, 0)));
  }
  void blank() { say(""); }
  std::size_t rows() const { return rows_; }

 private:
  static std::string label(const std::string& what) { return fmt::format("{:<13} ", what); }
  std::string cut(const std::string& text, std::size_t used) const {
    const auto width = terminal_.style().width;
    return width && *width > used ? shortened(text, *width - used) : text;
  }
  void say(std::string_view text) {
    terminal_.say(text);
    ++rows_;
  }

  Terminal& terminal_;
  std::size_t rows_ = 0;
};

class StatusCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "status",
            .summary = "Show the state of the cluster, and what needs an operator.",
            .details =
                "Fits on one screen, whatever the size of the cluster: what is wrong comes first,\n"
                "services before applications, and the same fault of many is one line.",
            .examples = {{"hearth status", ""},
                         {"hearth status --all", "all that needs an operator, however much"},
                         {"hearth status -o json | jq .bus",
                          "the address of the bus, and whether it carries"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.flag({"--all", "", "show all that needs attention"}, all_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    if (output_ == OutputFormat::kJson) {
      const Result<std::string> text = api->get("/v1/status");
      if (!text) return tl::unexpected(text.error());
      session.terminal.say_json(*text);
      return ExitCode::kOk;
    }
    const Result<Overview> overview = look(*api);
    if (!overview) return tl::unexpected(overview.error());
    print(*api, *overview, session);
    return ExitCode::kOk;
  }

 private:
  void print(const ApiClient& api, const Overview& overview, Session& session) const {
    const ClusterNeeds& cluster = overview.cluster;
    const StatusView& status = overview.status;
    Screen screen(session.terminal);
    screen.line("manager", manager_of(api, status, session.now()));
    if (status.bus_carries.value_or(true)) {
      screen.line("bus", status.bus);
    } else {
      screen.line("bus", status.bus + ", carries nothing: the manager is blind and judges no node",
                  Paint::kBad);
    }
    if (!status.store_fault.empty()) {
      screen.line("store", "fails; nothing is decided until it works: " + status.store_fault,
                  Paint::kBad);
    }
    screen.counts("nodes", cluster.nodes);
    for (const auto& [kind, counts] : in_order(cluster.workloads)) {
      const auto adopted = cluster.adopted.find(kind);
      screen.counts(printable(plural(kind)), counts,
                    adopted == cluster.adopted.end() ? 0 : adopted->second);
    }
    const bool all_ready = cluster.ready >= cluster.wanted;
    screen.line("instances", fmt::format("{} of {} ready", cluster.ready, cluster.wanted),
                all_ready ? Paint::kPlain : Paint::kWarning);
    if (!cluster.needs.empty()) print_needs(cluster, screen, session.terminal);
  }

  static std::vector<std::pair<std::string, StateCounts>> in_order(
      const std::map<std::string, StateCounts>& workloads) {
    std::vector<std::pair<std::string, StateCounts>> ordered(workloads.begin(), workloads.end());
    std::ranges::stable_sort(ordered, {}, [](const auto& one) {
      return std::ranges::find(kKinds, one.first) - kKinds.begin();
    });
    return ordered;
  }

  static std::string manager_of(const ApiClient& api, const StatusView& status, WallTime now) {
    std::string words = api.url();
    if (!status.version.empty()) words += ", version " + status.version;
    if (status.epoch > 0) words += fmt::format(", epoch {}", status.epoch);
    if (status.started_at) words += ", started " + show_age(*status.started_at, now);
    return words;
  }

  void print_needs(const ClusterNeeds& cluster, Screen& screen, Terminal& terminal) const {
    const std::vector<Need>& needs = cluster.needs;
    const std::size_t rows = std::max(terminal.style().height.value_or(kRowsDefault), kRowsMin);
    // Besides what is printed: a blank line, the headings, two remarks, and the shell's prompt.
    const std::size_t used = screen.rows() + 5;
    const std::size_t room = rows > used ? rows - used : 1;
    const std::size_t shown = all_ ? needs.size() : std::min(needs.size(), room);
    screen.blank();
    Table table({{"ATTENTION"}, {"STATE"}, {"WHY"}});
    const std::size_t columns = terminal.style().width.value_or(80);
    const std::size_t name_columns =
        all_ ? columns
             : std::clamp(columns, kOtherColumns + 8, kOtherColumns + kNameColumnsMax) -
                   kOtherColumns;
    for (std::size_t i = 0; i < shown; ++i) table.add(row_of(needs[i], name_columns));
    table.print(terminal);
    if (shown < needs.size()) screen.remark(rest_of(needs, shown), Paint::kWarning);
    if (const std::string well = well_of(cluster); !well.empty()) screen.remark(well, Paint::kDim);
  }

  static std::vector<Table::Cell> row_of(const Need& need, std::size_t name_columns) {
    const bool is_one = need.names.size() == 1;
    std::string what =
        is_one ? need.names.front() : fmt::format("{} {}", need.names.size(), plural(need.kind));
    const bool is_service = is_one && need.kind == "service";
    if (is_service || need.are_adopted) {
      what += fmt::format(" ({}{}{})", is_service ? "service" : "",
                          is_service && need.are_adopted ? ", " : "",
                          need.are_adopted ? "adopted" : "");
    }
    what = shortened(printable(what), name_columns);
    std::string why = need.why;
    if (!is_one) {
      if (!why.empty()) why += ": ";
      why += fmt::format("{}", fmt::join(need.names, ", "));
    }
    return {what, {words_of(need.state), state_cell(need.state).paint}, why};
  }

  /// "… and 37 more: 20 applications unavailable, 17 applications reduced (--all shows them)".
  static std::string rest_of(const std::vector<Need>& needs, std::size_t shown) {
    std::size_t count = 0;
    std::string words;
    for (std::size_t i = shown; i < needs.size();) {
      const Need& first = needs[i];
      std::size_t size = 0;
      for (; i < needs.size() && needs[i].kind == first.kind && needs[i].state == first.state; ++i)
        size += needs[i].names.size();
      count += size;
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ",
                           show_count(size, printable(first.kind)), words_of(first.state));
    }
    return fmt::format("… and {} more (--all shows them): {}", count, words);
  }

  /// "8 nodes, 18 services and 180 applications are well".
  static std::string well_of(const ClusterNeeds& cluster) {
    std::vector<std::string> parts;
    const auto add = [&](const StateCounts& counts, std::string_view state, std::string_view kind) {
      const auto found = counts.find(std::string(state));
      if (found != counts.end()) parts.push_back(show_count(found->second, printable(kind)));
    };
    add(cluster.nodes, "live", "node");
    for (const auto& [kind, counts] : in_order(cluster.workloads)) add(counts, "well", kind);
    if (parts.empty()) return {};
    std::string words = parts.back();
    parts.pop_back();
    if (!parts.empty()) words = fmt::format("{} and {}", fmt::join(parts, ", "), words);
    return words + (words.starts_with("1 ") && parts.empty() ? " is well" : " are well");
  }

  bool all_ = false;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_status_command() {
  return std::make_unique<StatusCommand>();
}

}  // namespace hearth::cli
