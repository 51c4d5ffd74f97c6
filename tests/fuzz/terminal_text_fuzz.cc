#include "cli/terminal/terminal_text.h"

#include <string>

#include "base/check.h"
#include "stable_form.h"

namespace {

using namespace hearth;
using namespace hearth::cli;

/// The only control sequence that may be left: ESC [ digits and semicolons m.
std::string without_colors(std::string text) {
  for (std::size_t at = text.find("\x1b["); at != std::string::npos; at = text.find("\x1b[", at)) {
    const std::size_t end = text.find_first_not_of("0123456789;", at + 2);
    HEARTH_CHECK(end != std::string::npos && text[end] == 'm');
    text.erase(at, end + 1 - at);
  }
  return text;
}

void check_harmless(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    HEARTH_CHECK(byte != 0x7F && (byte >= 0x20 || byte == '\n' || byte == '\t'));
    if (byte != 0xC2) continue;
    HEARTH_CHECK(i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0);
  }
  HEARTH_CHECK(terminal_text(text, ForeignColor::kEscaped) == text);
}

}  // namespace

// Whatever comes, in whatever pieces, is harmless, the same, and stays so.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(text_of(data, size));
  check_harmless(terminal_text(text, ForeignColor::kEscaped));
  const std::string colored = terminal_text(text, ForeignColor::kShown);
  check_harmless(without_colors(colored));
  TerminalText pieces(ForeignColor::kShown);
  std::string joined;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = 1 + static_cast<unsigned char>(text[at]) % 5;
    joined += pieces.feed(std::string_view(text).substr(at, length));
    at += length;
  }
  HEARTH_CHECK(joined + pieces.finish() == colored);
  check_harmless(printable(text));
  check_harmless(printable_json(text));
  return 0;
}
