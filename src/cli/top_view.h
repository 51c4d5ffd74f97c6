#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/client/api_views.h"
#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// What `hearth top` shows, as of `at`.
struct TopSample {
  std::vector<NodeView> nodes;
  std::vector<InstanceView> instances;
  WallTime at;
};

enum class TopSort : std::uint8_t {
  kMemory,  ///< By the share of the memory limit; without one, of the node's memory.
  kCpu,
};
Result<TopSort> parse_top_sort(std::string_view text);
std::string_view name_of(TopSort sort);

struct TopLayout {
  std::optional<std::size_t> columns;  ///< Nullopt: as many as are needed.
  std::optional<std::size_t> rows;     ///< Likewise.
  TopSort sort = TopSort::kMemory;
  /// The first line, in front of what is counted: for example how to leave.
  std::string title = "hearth top";
  std::string hint;   ///< The last line; empty: none.
  std::string fault;  ///< Why the sample is old; empty: it is not.
};

/// The lines of `hearth top`, each of at most `columns`, in at most `rows`: first the nodes, then
/// the instances, what is wrong first and under each of these why. What does not fit is counted. A
/// narrow window shows fewer columns: the least important are left out.
///
/// `terminal` only says whether to paint. Foreign text is made printable. A pure function.
std::vector<std::string> top_lines(const TopSample& sample, const TopLayout& layout,
                                   const Terminal& terminal, WallTime now);

}  // namespace hearth::cli
