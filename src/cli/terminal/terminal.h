#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/columns.h"
#include "base/time.h"

namespace hearth::cli {

enum class Paint : std::uint8_t { kPlain, kBold, kDim, kGood, kWarning, kBad };

/// Standard output and standard error, and the capabilities of the terminal behind the former.
///
/// Colour is used only if `style.color` is set. `width` is set only for a real terminal, because
/// output to a file or a pipe must not be cut.
class Terminal {
 public:
  struct Style {
    bool color = false;
    std::optional<std::size_t> width = std::nullopt;  ///< In columns.
  };

  Terminal(std::ostream& out, std::ostream& err, Style style)
      : out_(out), err_(err), style_(style) {}

  /// The process's own: colour on a terminal unless NO_COLOR (no-color.org) is not empty or TERM is
  /// "dumb".
  static Terminal of_process();

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  const Style& style() const { return style_; }

  std::string painted(Paint paint, std::string_view text) const;
  /// Writes one line to stdout and flushes it.
  void say(std::string_view line);
  /// Whether all output to stdout so far was written. False: the disk is full, for example, and any
  /// further output is lost.
  bool takes_more() const { return out_.good(); }
  /// Writes one line to stderr and flushes it: progress and warnings, which are not the answer.
  void note(std::string_view line);

 private:
  std::ostream& out_;
  std::ostream& err_;
  Style style_;
};

/// Makes foreign text fit for one line of a terminal: line ends become spaces, and control
/// characters, with which a log could move the cursor or rename the window, become '?'.
std::string printable(std::string_view text);

/// Cuts the text to at most `columns`; a '…' marks the cut.
std::string shortened(std::string_view text, std::size_t columns);

/// "now", "12 s ago", "3 m ago", "5 h ago", "4 d ago". A time in the future (clocks differ) is
/// "now".
std::string show_age(WallTime then, WallTime now);
/// "0 B", "512 KiB", "1.5 GiB".
std::string show_bytes(std::uint64_t bytes);
/// "1 node", "3 nodes".
std::string show_count(std::uint64_t count, std::string_view thing);

}  // namespace hearth::cli
