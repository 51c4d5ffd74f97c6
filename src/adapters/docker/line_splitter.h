#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// Splits a stream of bytes that arrives in pieces into lines. Skips empty lines.
class LineSplitter {
 public:
  /// Receives each line without its end. A failure stops the feeding and is returned.
  using Sink = std::function<Result<void>(std::string_view line)>;

  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// kCorrupt if a line exceeds the bound.
  Result<void> feed(std::string_view piece, const Sink& sink);
  /// Emits a last line without an end.
  Result<void> finish(const Sink& sink);

 private:
  Result<void> emit(std::string_view line, const Sink& sink) const;

  std::size_t line_bytes_max_;
  std::string begun_;  ///< The start of a line whose end has not arrived yet.
};

}  // namespace hearth::docker
