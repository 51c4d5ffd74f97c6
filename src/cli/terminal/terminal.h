#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/columns.h"
#include "base/time.h"
#include "cli/terminal/terminal_text.h"

namespace hearth::cli {

enum class Paint : std::uint8_t { kPlain, kBold, kDim, kGood, kWarning, kBad };

/// Standard output and standard error, and the capabilities of the terminal behind the former.
///
/// Colour is used only if `style.color` is set. `width` is set only for a real terminal, because
/// output to a file or a pipe must not be cut.
///
/// Text of others cannot control the terminal: all that is written passes terminal_text(), except
/// foreign output (logs, builds) that goes to a file or a pipe, whose bytes are kept.
class Terminal {
 public:
  struct Style {
    bool color = false;
    std::optional<std::size_t> width = std::nullopt;   ///< In columns.
    std::optional<std::size_t> height = std::nullopt;  ///< In lines.
    bool out_is_terminal = false;
    bool err_is_terminal = false;
  };

  Terminal(std::ostream& out, std::ostream& err, Style style)
      : out_(out), err_(err), style_(style), relayed_(foreign_color()) {}
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// The process's own: colour on a terminal unless NO_COLOR (no-color.org) is not empty or TERM is
  /// "dumb".
  static Terminal of_process();

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  const Style& style() const { return style_; }

  std::string painted(Paint paint, std::string_view text) const;
  /// Whether colours of foreign output are shown, on a terminal.
  ForeignColor foreign_color() const {
    return style_.color ? ForeignColor::kShown : ForeignColor::kEscaped;
  }
  /// Writes one line to stdout and flushes it. Foreign text in it passes printable() first, or it
  /// could add lines and colours.
  void say(std::string_view line);
  /// Writes one JSON document to stdout and flushes it.
  void say_json(std::string_view json);
  /// Whether all output to stdout so far was written. False: the disk is full, for example, and any
  /// further output is lost.
  bool takes_more() const { return out_.good(); }
  /// Writes one line to stderr and flushes it: progress and warnings, which are not the answer.
  void note(std::string_view line);
  /// Writes the next bytes of foreign output, such as an engine's, to stderr.
  void relay(std::string_view output);

 private:
  std::ostream& out_;
  std::ostream& err_;
  Style style_;
  TerminalText relayed_;  ///< What relay() was given, while stderr is a terminal.
};

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
