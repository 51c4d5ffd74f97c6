#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// Cuts a stream of bytes that comes in pieces into its lines. Empty lines are passed over.
class LineSplitter {
 public:
  /// Gets each line without its end. A failure stops the feeding and is handed on.
  using Sink = std::function<Result<void>(std::string_view line)>;

  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// kCorrupt when a line grows beyond the bound.
  Result<void> feed(std::string_view piece, const Sink& sink);
  /// Hands out a last line that had no end.
  Result<void> finish(const Sink& sink);

 private:
  Result<void> emit(std::string_view line, const Sink& sink) const;

  std::size_t line_bytes_max_;
  std::string begun_;  ///< A line whose end has not come yet.
};

}  // namespace hearth::docker
