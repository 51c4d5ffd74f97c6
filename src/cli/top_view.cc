#include "cli/top_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "cli/state_paint.h"

namespace hearth::cli {
namespace {

using Cell = Table::Cell;

constexpr std::array<std::pair<std::string_view, TopSort>, 2> kSorts{
    {{"memory", TopSort::kMemory}, {"cpu", TopSort::kCpu}}};

/// A column of a grid. Where there is not enough room, those with the highest `rank` go first.
struct Column {
  std::string heading;
  bool right = false;
  int rank = 0;  ///< 0: always shown.
};

struct Grid {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

constexpr std::size_t kGap = 2;
constexpr std::size_t kFirstColumnMin = 16;

std::vector<std::size_t> widths_of(const Grid& grid) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    std::size_t width = 0;
    for (const std::vector<Cell>& row : grid.rows) width = std::max(width, columns_of(row[i].text));
    widths.push_back(width == 0 ? 0 : std::max(width, columns_of(grid.columns[i].heading)));
  }
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t width : widths) sum += width == 0 ? 0 : width + kGap;
  return sum == 0 ? 0 : sum - kGap;
}

/// Leaves out columns, and at last shortens the first one, until all fit.
void fit(const Grid& grid, std::vector<std::size_t>& widths, std::size_t room) {
  for (;;) {
    const std::size_t needed = total(widths);
    if (needed <= room) return;
    // A long name is shortened before a column goes.
    const std::size_t spare = widths[0] > kFirstColumnMin ? widths[0] - kFirstColumnMin : 0;
    if (needed - room <= spare) {
      widths[0] -= needed - room;
      return;
    }
    std::size_t least = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] > 0 && grid.columns[i].rank > grid.columns[least].rank) least = i;
    }
    if (least == 0) return;  // show() cuts the lines.
    widths[least] = 0;
  }
}

std::string line_of(const Grid& grid, const std::vector<Cell>& row,
                    const std::vector<std::size_t>& widths, const Terminal& terminal) {
  std::string line;
  std::size_t behind = 0;  // Blanks that are due before the next text.
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (widths[i] == 0) continue;
    const std::string text = shortened(row[i].text, widths[i]);
    const std::size_t blank = widths[i] - columns_of(text);
    if (grid.columns[i].right) behind += blank;
    if (!text.empty()) line += std::string(std::exchange(behind, 0), ' ');
    line += terminal.painted(row[i].paint, text);
    if (!grid.columns[i].right) behind += blank;
    behind += kGap;
  }
  return line;
}

std::vector<std::string> lines_of(const Grid& grid, std::optional<std::size_t> room,
                                  const Terminal& terminal) {
  std::vector<std::size_t> widths = widths_of(grid);
  if (room) fit(grid, widths, *room);
  std::vector<Cell> headings;
  for (const Column& column : grid.columns) headings.emplace_back(column.heading, Paint::kDim);
  std::vector<std::string> lines{line_of(grid, headings, widths, terminal)};
  for (const std::vector<Cell>& row : grid.rows)
    lines.push_back(line_of(grid, row, widths, terminal));
  return lines;
}

// What the cells say. -----------------------------------------------------------------------------

Paint paint_of_share(double share) {
  if (share >= 0.9) return Paint::kBad;
  return share >= 0.75 ? Paint::kWarning : Paint::kPlain;
}

/// "███▌····": eight columns.
std::string bar(double share) {
  constexpr int kEighths = 64;
  constexpr std::array<std::string_view, 8> kParts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kEighths));
  std::string text;
  for (int i = 0; i < filled / 8; ++i) text += "█";
  text += kParts[static_cast<std::size_t>(filled % 8)];
  for (int i = (filled + 7) / 8; i < kEighths / 8; ++i) text += "·";
  return text;
}

/// "512K", "38M", "1.5G": in powers of 1024.
std::string short_bytes(std::uint64_t bytes) {
  constexpr std::array<char, 5> kUnits{'B', 'K', 'M', 'G', 'T'};
  double count = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; count >= 999.5 && unit + 1 < kUnits.size(); ++unit) count /= 1024;
  const bool is_exact = count >= 9.95 || unit == 0 || count == static_cast<int>(count);
  return is_exact ? fmt::format("{:.0f}{}", count, kUnits[unit])
                  : fmt::format("{:.1f}{}", count, kUnits[unit]);
}

/// "45s", "8m", "21h", "6d".
std::string short_time(Duration time) {
  using namespace std::chrono;
  if (time < minutes(2)) return fmt::format("{}s", std::max<long>(time / seconds(1), 0));
  if (time < hours(2)) return fmt::format("{}m", time / minutes(1));
  if (time < days(2)) return fmt::format("{}h", time / hours(1));
  return fmt::format("{}d", time / days(1));
}

Cell permille_cell(std::optional<std::uint16_t> permille) {
  if (!permille) return "";
  return {fmt::format("{:.0f}%", *permille / 10.0), paint_of_share(*permille / 1000.0)};
}

Cell bar_cell(std::optional<double> share) {
  if (!share) return "";
  return {bar(*share), *share >= 0.75 ? paint_of_share(*share) : Paint::kDim};
}

std::optional<double> share_of(std::optional<std::uint16_t> permille) {
  return permille ? std::optional(*permille / 1000.0) : std::nullopt;
}

/// Time that tasks stood still for want of CPU, memory and I/O.
Cell stall_cell(const Load& load) {
  if (!load.cpu_stall && !load.memory_stall && !load.io_stall) return "";
  const auto percent = [](std::optional<std::uint16_t> permille) {
    return permille ? fmt::format("{:.0f}", *permille / 10.0) : std::string("-");
  };
  const std::uint16_t most = std::max(
      {load.cpu_stall.value_or(0), load.memory_stall.value_or(0), load.io_stall.value_or(0)});
  const Paint paint = most >= 400 ? Paint::kBad : most >= 100 ? Paint::kWarning : Paint::kPlain;
  return {fmt::format("{}/{}/{}%", percent(load.cpu_stall), percent(load.memory_stall),
                      percent(load.io_stall)),
          paint};
}

bool is_ill(const NodeView& node) {
  return node.state != "live" || !node.problem.empty();
}

Grid grid_of(const std::vector<NodeView>& nodes) {
  Grid grid{.columns = {{"NODE"},
                        {"STATE"},
                        {"CPU", true},
                        {"", false, 3},
                        {"MEMORY", true},
                        {"", false, 3},
                        {"STALL CPU/MEM/IO", true},
                        {"DISK", true, 1},
                        {"INST", true, 2}},
            .rows = {}};
  for (const NodeView& node : nodes) {
    grid.rows.push_back({Cell(node.name, Paint::kBold), state_cell(node.state),
                         permille_cell(node.load.cpu), bar_cell(share_of(node.load.cpu)),
                         permille_cell(node.load.memory), bar_cell(share_of(node.load.memory)),
                         stall_cell(node.load), permille_cell(node.load.disk),
                         std::to_string(node.instances)});
  }
  return grid;
}

/// An instance with what it is sorted by.
struct Ranked {
  const InstanceView* instance;
  int severity = 0;  ///< 0 is the worst.
  std::optional<double> memory;
  std::uint32_t cpu = 0;
};

bool is_among(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr int kWell = 3;

int severity_of(const InstanceView& one) {
  if (is_among(one.state, {"failed", "crash_loop", "lost"})) return 0;
  if (one.state == "running") {
    if (one.health == "degraded") return 1;
    const bool is_full_soon = one.usage && one.usage->memory_full_in &&
                              *one.usage->memory_full_in < std::chrono::hours(1);
    return is_full_soon ? 2 : kWell;
  }
  if (is_among(one.state, {"completed", "staged", "stopping"})) return kWell;
  return is_among(one.state, {"pending", "backoff", "paused"}) ? 1 : 2;
}

std::optional<double> memory_share(const InstanceView& one,
                                   const std::map<std::string, std::uint64_t>& node_bytes) {
  if (!one.usage || !one.usage->memory_bytes) return std::nullopt;
  std::uint64_t whole = one.usage->memory_limit_bytes.value_or(0);
  if (const auto node = node_bytes.find(one.node); whole == 0 && node != node_bytes.end())
    whole = node->second;
  if (whole == 0) return std::nullopt;
  return static_cast<double>(*one.usage->memory_bytes) / static_cast<double>(whole);
}

std::vector<Ranked> ranked(const TopSample& sample, TopSort sort) {
  std::map<std::string, std::uint64_t> node_bytes;
  for (const NodeView& node : sample.nodes) node_bytes[node.name] = node.capacity.memory_bytes;
  std::vector<Ranked> all;
  for (const InstanceView& one : sample.instances) {
    const std::uint32_t cpu = one.usage ? one.usage->cpu_permille.value_or(0) : 0;
    all.push_back({&one, severity_of(one), memory_share(one, node_bytes), cpu});
  }
  std::stable_sort(all.begin(), all.end(), [sort](const Ranked& one, const Ranked& other) {
    const double memory = one.memory.value_or(-1);
    const double other_memory = other.memory.value_or(-1);
    if (sort == TopSort::kCpu) {
      return std::tuple(one.severity, other.cpu, other_memory) <
             std::tuple(other.severity, one.cpu, memory);
    }
    return std::tuple(one.severity, other_memory, other.cpu) <
           std::tuple(other.severity, memory, one.cpu);
  });
  return all;
}

Cell state_of(const InstanceView& one) {
  const bool is_judged = one.state == "running" && !is_among(one.health, {"", "unknown"});
  return state_cell(is_judged ? one.health : one.state);
}

Cell cpu_cell(const InstanceView& one) {
  if (!one.usage || !one.usage->cpu_permille) return "";
  const std::uint32_t permille = *one.usage->cpu_permille;
  return permille < 100 ? fmt::format("{:.1f}%", permille / 10.0)
                        : fmt::format("{:.0f}%", permille / 10.0);
}

Cell memory_cell(const Ranked& one) {
  const std::optional<InstanceUsage>& usage = one.instance->usage;
  if (!usage || !usage->memory_bytes) return "";
  std::string text = short_bytes(*usage->memory_bytes);
  if (!usage->memory_limit_bytes) return text;
  text += "/" + short_bytes(*usage->memory_limit_bytes);
  return {text, paint_of_share(one.memory.value_or(0))};
}

Cell full_cell(const InstanceView& one) {
  if (!one.usage || !one.usage->memory_full_in) return "";
  const Duration left = *one.usage->memory_full_in;
  const Paint paint = left < std::chrono::minutes(10) ? Paint::kBad
                      : left < std::chrono::hours(1)  ? Paint::kWarning
                                                      : Paint::kPlain;
  return {short_time(left), paint};
}

Cell count_cell(std::optional<std::uint64_t> used, std::optional<std::uint64_t> limit) {
  if (!used) return "";
  const double share =
      limit && *limit > 0 ? static_cast<double>(*used) / static_cast<double>(*limit) : 0;
  return {std::to_string(*used), paint_of_share(share)};
}

Grid grid_of(const std::vector<Ranked>& instances, WallTime now) {
  Grid grid{.columns = {{"INSTANCE"},
                        {"NODE", false, 2},
                        {"STATE"},
                        {"CPU", true},
                        {"MEMORY", true},
                        {"", false, 6},
                        {"FULL IN", true, 1},
                        {"PROCS", true, 4},
                        {"FILES", true, 5},
                        {"RST", true, 3},
                        {"AGE", true, 3}},
            .rows = {}};
  for (const Ranked& ranked : instances) {
    const InstanceView& one = *ranked.instance;
    const InstanceUsage usage = one.usage.value_or(InstanceUsage{});
    const bool has_limit = usage.memory_limit_bytes.has_value();
    grid.rows.push_back({Cell(one.id, Paint::kBold), one.node, state_of(one), cpu_cell(one),
                         memory_cell(ranked), has_limit ? bar_cell(ranked.memory) : "",
                         full_cell(one), count_cell(usage.processes, usage.processes_max),
                         count_cell(usage.open_files, usage.open_files_max),
                         Cell(one.restarts == 0 ? "" : std::to_string(one.restarts)),
                         one.changed_at ? Cell(short_time(now - *one.changed_at)) : Cell("")});
  }
  return grid;
}

// The whole. --------------------------------------------------------------------------------------

std::string why(const InstanceView& one) {
  return printable(one.reason.empty() ? one.health_reason : one.reason);
}

std::string summary(const TopSample& sample, const std::vector<Ranked>& instances,
                    const TopLayout& layout, const Terminal& terminal) {
  const auto running = std::count_if(instances.begin(), instances.end(), [](const Ranked& one) {
    return one.instance->state == "running";
  });
  const auto ill = std::count_if(instances.begin(), instances.end(),
                                 [](const Ranked& one) { return one.severity < kWell; });
  const auto ill_nodes = std::count_if(sample.nodes.begin(), sample.nodes.end(), is_ill);
  std::string line = terminal.painted(Paint::kBold, layout.title);
  line += fmt::format("  {}", show_count(sample.nodes.size(), "node"));
  if (ill_nodes > 0) {
    line += ", " + terminal.painted(Paint::kBad, fmt::format("{} not well", ill_nodes));
  }
  line += fmt::format("  {}, {} running", show_count(instances.size(), "instance"), running);
  if (ill > 0) line += ", " + terminal.painted(Paint::kWarning, fmt::format("{} not well", ill));
  return line;
}

/// Of `lines` at most `room`; the last of them says how many are left out.
void append(std::vector<std::string>& to, std::vector<std::string> lines, std::size_t room,
            std::string_view thing, const Terminal& terminal) {
  if (lines.size() > room && room > 0) {
    const std::size_t left_out = lines.size() - room + 1;
    lines.resize(room - 1);
    lines.push_back(terminal.painted(
        Paint::kDim, fmt::format("… {} more {}: enlarge the window", left_out, thing)));
  }
  for (std::string& line : lines) {
    if (room-- == 0) return;
    to.push_back(std::move(line));
  }
}

}  // namespace

Result<TopSort> parse_top_sort(std::string_view text) {
  for (const auto& [word, sort] : kSorts) {
    if (word == text) return sort;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is unknown; it must be memory or cpu", text));
}

std::string_view name_of(TopSort sort) {
  return kSorts[static_cast<std::size_t>(sort)].first;
}

std::vector<std::string> top_lines(const TopSample& sample, const TopLayout& layout,
                                   const Terminal& terminal, WallTime now) {
  constexpr std::size_t kEndless = 1'000'000;
  const std::size_t rows = layout.rows.value_or(kEndless);
  const std::vector<Ranked> instances = ranked(sample, layout.sort);
  std::vector<std::string> lines{summary(sample, instances, layout, terminal)};
  if (!layout.fault.empty()) {
    const std::string text = printable(layout.fault);
    lines.push_back(
        terminal.painted(Paint::kBad, layout.columns ? shortened(text, *layout.columns) : text));
  }

  std::vector<NodeView> nodes = sample.nodes;
  std::stable_sort(nodes.begin(), nodes.end(), [](const NodeView& one, const NodeView& other) {
    return is_ill(one) && !is_ill(other);
  });
  lines.emplace_back();
  append(lines, lines_of(grid_of(nodes), layout.columns, terminal),
         std::max<std::size_t>(rows / 3, 3), "nodes", terminal);
  lines.emplace_back();

  std::vector<std::string> table = lines_of(grid_of(instances, now), layout.columns, terminal);
  std::vector<std::string> with_reasons{table.front()};
  for (std::size_t i = 0; i < instances.size(); ++i) {
    with_reasons.push_back(std::move(table[i + 1]));
    const std::string reason = why(*instances[i].instance);
    if (instances[i].severity == kWell || reason.empty()) continue;
    const std::string line = "  └ " + reason;
    with_reasons.push_back(
        terminal.painted(Paint::kDim, layout.columns ? shortened(line, *layout.columns) : line));
  }
  const std::size_t hint_rows = layout.hint.empty() ? 0 : 1;
  const std::size_t used = lines.size() + hint_rows;
  append(lines, std::move(with_reasons), rows > used ? rows - used : 0, "lines", terminal);
  if (hint_rows > 0) {
    while (layout.rows && lines.size() + hint_rows < rows) lines.emplace_back();
    lines.push_back(terminal.painted(
        Paint::kDim, layout.columns ? shortened(layout.hint, *layout.columns) : layout.hint));
  }
  if (lines.size() > rows) lines.resize(rows);
  return lines;
}

}  // namespace hearth::cli
