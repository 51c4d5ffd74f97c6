#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/container_runtime.h"

namespace hearth::docker {

/// Passes what a log's reader has found on to its owner: lines in batches, gaps and states in
/// their order. A batch has at most 256 KiB of text and 2048 lines. The handlers may end the
/// reading; nothing is called after close().
class LogDelivery {
 public:
  explicit LogDelivery(ContainerRuntime::LogHandlers handlers) : handlers_(std::move(handlers)) {}

  /// `after`: where reading continues after the line.
  void add(const LogLine& line, const LogCursor& after, bool caught_up);
  /// Delivers the lines that wait.
  void flush();
  void report(const LogGap& gap);
  /// Nothing if it is the state already.
  void report(const LogReaderState& state);
  void close() { closed_ = true; }

  /// Lines added since the start.
  std::uint64_t lines() const { return lines_added_; }

 private:
  const ContainerRuntime::LogHandlers handlers_;
  std::string text_;  ///< Of the lines that wait.
  std::vector<LogLine> lines_;
  std::vector<std::size_t> begins_;  ///< In `text_`, of each line.
  LogCursor cursor_;
  bool caught_up_ = false;
  bool closed_ = false;
  std::optional<LogReaderState> state_;
  std::uint64_t lines_added_ = 0;
};

}  // namespace hearth::docker
