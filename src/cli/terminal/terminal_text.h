#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::cli {

/// What becomes of the colours of foreign text.
enum class ForeignColor : std::uint8_t {
  kEscaped,  ///< Made visible, as every other control sequence.
  kShown,    ///< Passed on, and reset at the end of each line. For terminals that show colours.
};

/// Makes text of others fit for a terminal, in any pieces: with control characters a log could move
/// the cursor, rewrite lines above its own, rename the window or answer for the user.
///
/// Kept: line ends, tabs and valid UTF-8. Made visible: `^[` for ESC and likewise all other C0
/// characters, a carriage return too unless it precedes a line end; `\x9b` for C1 characters and
/// for bytes that are not UTF-8; `<U+202E>` for characters that reorder or break lines. The only
/// control sequence that can pass is SGR, `ESC [ digits and semicolons m`.
///
/// Not responsible for the width of lines. Not thread-safe.
class TerminalText {
 public:
  /// Longer parameters of SGR are no colour.
  static constexpr std::size_t kSgrBytesMax = 32;

  explicit TerminalText(ForeignColor color) : color_(color) {}

  /// The harmless form of the next bytes. Holds back the beginning of what a later piece may
  /// complete: kSgrBytesMax + 2 bytes at most.
  std::string feed(std::string_view bytes);
  /// The rest, and the end of colours. Then it is as new.
  std::string finish();

 private:
  enum class More : std::uint8_t { kMayCome, kNone };

  std::string take_all(std::string_view bytes, More more);
  std::size_t take(std::string_view rest, More more, std::string& out);
  std::size_t take_escape(std::string_view rest, More more, std::string& out);
  void end_color(std::string& out);

  ForeignColor color_;
  std::string held_;
  bool colored_ = false;  ///< The line is coloured at this point.
};

/// The same for a text that is whole.
std::string terminal_text(std::string_view text, ForeignColor color);

/// The same for foreign text within one line of ours: line ends and tabs become spaces, colours are
/// escaped, and spaces at its end are removed.
std::string printable(std::string_view text);

/// The same document, with every character that terminal_text() makes visible written as \uXXXX.
std::string printable_json(std::string_view json);

}  // namespace hearth::cli
