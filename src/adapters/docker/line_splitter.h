#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hearth::docker {

/// What becomes of a line that exceeds the bound: it ends the feeding, or it is discarded to its
/// end and counted.
enum class LongLines : std::uint8_t { kFail, kSkipped };

/// Splits a stream of bytes that arrives in pieces into lines. Skips empty lines. Holds no more
/// than a line of the bound and a piece.
class LineSplitter {
 public:
  /// Receives each line without its end. A failure stops the feeding and is returned.
  using Sink = std::function<Result<void>(std::string_view line)>;

  explicit LineSplitter(std::size_t line_bytes_max, LongLines long_lines = LongLines::kFail)
      : line_bytes_max_(line_bytes_max), long_lines_(long_lines) {}

  /// kCorrupt if a line exceeds the bound, unless such lines are skipped.
  Result<void> feed(std::string_view piece, const Sink& sink);
  /// Emits a last line without an end.
  Result<void> finish(const Sink& sink);
  /// Lines so far, each from the moment at which it exceeds the bound.
  std::uint64_t skipped() const { return skipped_; }

 private:
  Result<void> emit(std::string_view line, const Sink& sink);
  Result<void> on_too_long();

  std::size_t line_bytes_max_;
  LongLines long_lines_;
  std::string begun_;      ///< The start of a line whose end has not arrived yet.
  bool skipping_ = false;  ///< The rest of that line is discarded.
  std::uint64_t skipped_ = 0;
};

}  // namespace hearth::docker
