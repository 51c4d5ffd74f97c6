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

/// What a person reads and a program is fed: two streams, and what the terminal behind the first of
/// them can do.
///
/// Colour is used only where `style.color` says so; `width` is told only for a real terminal, since
/// what goes into a file or a pipe must not be cut.
class Terminal {
 public:
  struct Style {
    bool color = false;
    std::optional<std::size_t> width = std::nullopt;  ///< In columns.
  };

  Terminal(std::ostream& out, std::ostream& err, Style style)
      : out_(out), err_(err), style_(style) {}

  /// The process's own: colour on a terminal unless NO_COLOR (no-color.org) is set to something or
  /// TERM is "dumb".
  static Terminal of_process();

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  const Style& style() const { return style_; }

  std::string painted(Paint paint, std::string_view text) const;
  /// One line on stdout, at once.
  void say(std::string_view line);
  /// Whether all that was said on stdout went there so far. False: a disk is full, and what follows
  /// goes nowhere.
  bool takes_more() const { return out_.good(); }
  /// One line on stderr, at once: progress and warnings, which are not the answer.
  void note(std::string_view line);

 private:
  std::ostream& out_;
  std::ostream& err_;
  Style style_;
};

/// Text that somebody else wrote, fit for one line of a terminal: line ends become spaces, and
/// control characters, with which a log could move the cursor or rename the window, become '?'.
std::string printable(std::string_view text);

/// At most so many columns; what was cut off is told by an '…'.
std::string shortened(std::string_view text, std::size_t columns);

/// "now", "12 s ago", "3 m ago", "5 h ago", "4 d ago". A time in the future (clocks differ) is now.
std::string show_age(WallTime then, WallTime now);
/// "0 B", "512 KiB", "1.5 GiB".
std::string show_bytes(std::uint64_t bytes);
/// "1 node", "3 nodes".
std::string show_count(std::uint64_t count, std::string_view thing);

}  // namespace hearth::cli
