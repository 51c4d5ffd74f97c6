#include "cli/terminal/terminal_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace hearth::cli {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kColorEnd = "\x1b[0m";

/// One character of UTF-8, or what stands in its place.
struct Character {
  enum class Kind : std::uint8_t {
    kValid,
    kInvalid,     ///< The first byte belongs to no character.
    kIncomplete,  ///< More bytes can make it valid.
  };
  Kind kind = Kind::kInvalid;
  std::size_t bytes = 1;
  char32_t code_point = 0;
};

/// The length that a first byte announces and the bounds of the second one, which rule out overlong
/// forms, surrogates and what lies beyond U+10FFFF (Unicode 15, table 3-7).
struct Form {
  std::size_t bytes = 0;  ///< 0: it begins no character.
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
};

Form form_of(unsigned char first) {
  if (first < 0x80) return {.bytes = 1};
  if (first < 0xC2) return {};
  if (first < 0xE0) return {.bytes = 2};
  if (first == 0xE0) return {.bytes = 3, .second_min = 0xA0};
  if (first == 0xED) return {.bytes = 3, .second_max = 0x9F};
  if (first < 0xF0) return {.bytes = 3};
  if (first == 0xF0) return {.bytes = 4, .second_min = 0x90};
  if (first < 0xF4) return {.bytes = 4};
  if (first == 0xF4) return {.bytes = 4, .second_max = 0x8F};
  return {};
}

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Form form = form_of(byte(0));
  if (form.bytes == 0) return {};
  constexpr unsigned char kFirstBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code_point = byte(0) & kFirstBits[form.bytes];
  for (std::size_t i = 1; i < form.bytes; ++i) {
    if (i == text.size()) return {.kind = Character::Kind::kIncomplete, .bytes = text.size()};
    const unsigned char low = i == 1 ? form.second_min : 0x80;
    const unsigned char high = i == 1 ? form.second_max : 0xBF;
    if (byte(i) < low || byte(i) > high) return {};
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  return {.kind = Character::Kind::kValid, .bytes = form.bytes, .code_point = code_point};
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/// Characters that are drawn as nothing and change the order or the lines of the others.
bool is_reordering(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
         c == 0x200F || c == 0x061C || c == 0x2028 || c == 0x2029;
}

std::string visible(char32_t c) {
  if (is_reordering(c)) return fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(c));
  if (c < 0x80) return {'^', static_cast<char>(c ^ 0x40)};
  return fmt::format("\\x{:02x}", static_cast<std::uint32_t>(c));
}

std::string visible_byte(char byte) {
  return fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

std::string TerminalText::feed(std::string_view bytes) {
  if (held_.empty()) return take_all(bytes, More::kMayCome);
  const std::string all = std::exchange(held_, {}) + std::string(bytes);
  return take_all(all, More::kMayCome);
}

std::string TerminalText::finish() {
  std::string out = take_all(std::exchange(held_, {}), More::kNone);
  end_color(out);
  return out;
}

std::string TerminalText::take_all(std::string_view bytes, More more) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto plain_end = std::find_if_not(bytes.begin(), bytes.end(), is_plain);
    const auto plain = static_cast<std::size_t>(plain_end - bytes.begin());
    out += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const std::size_t taken = take(bytes, more, out);
    if (taken == 0) {
      held_ = bytes;
      break;
    }
    bytes.remove_prefix(taken);
  }
  return out;
}

/// Appends the harmless form of what `rest` begins with, and returns how many bytes that was. 0:
/// the next piece decides.
std::size_t TerminalText::take(std::string_view rest, More more, std::string& out) {
  switch (rest.front()) {
    case '\t': out += '\t'; return 1;
    case '\n':
      end_color(out);
      out += '\n';
      return 1;
    case '\r':
      if (rest.size() == 1 && more == More::kMayCome) return 0;
      if (!rest.substr(1).starts_with('\n')) out += visible('\r');
      return 1;
    case kEscape: return take_escape(rest, more, out);
    default: break;
  }
  const Character character = first_character(rest);
  switch (character.kind) {
    case Character::Kind::kIncomplete:
      if (more == More::kMayCome) return 0;
      [[fallthrough]];
    case Character::Kind::kInvalid: out += visible_byte(rest.front()); return 1;
    case Character::Kind::kValid: break;
  }
  const char32_t c = character.code_point;
  out +=
      is_control(c) || is_reordering(c) ? visible(c) : std::string(rest.substr(0, character.bytes));
  return character.bytes;
}

std::size_t TerminalText::take_escape(std::string_view rest, More more, std::string& out) {
  if (color_ == ForeignColor::kShown) {
    const bool may_be_color = rest.size() == 1 || rest[1] == '[';
    const std::string_view parameters = rest.substr(std::min<std::size_t>(2, rest.size()));
    const std::size_t end =
        std::min(parameters.find_first_not_of("0123456789;"), parameters.size());
    const bool fits = may_be_color && end <= kSgrBytesMax;
    if (fits && end == parameters.size() && more == More::kMayCome) return 0;
    if (fits && end < parameters.size() && parameters[end] == 'm') {
      out += rest.substr(0, end + 3);
      colored_ = parameters.substr(0, end).find_first_not_of("0;") != std::string_view::npos;
      return end + 3;
    }
  }
  out += visible(kEscape);
  return 1;
}

void TerminalText::end_color(std::string& out) {
  if (std::exchange(colored_, false)) out += kColorEnd;
}

std::string terminal_text(std::string_view text, ForeignColor color) {
  TerminalText whole(color);
  std::string out = whole.feed(text);
  return out + whole.finish();
}

std::string printable(std::string_view text) {
  std::string out = terminal_text(text, ForeignColor::kEscaped);
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const Character character = first_character(json);
    const bool valid = character.kind == Character::Kind::kValid;
    const char32_t c = valid ? character.code_point : U'\uFFFD';
    const bool is_layout =
        c == '\n' || c == '\t';  // Between values; within a string it is escaped.
    out += !valid || (!is_layout && (is_control(c) || is_reordering(c)))
               ? fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c))
               : std::string(json.substr(0, character.bytes));
    json.remove_prefix(valid ? character.bytes : 1);
  }
  return out;
}

}  // namespace hearth::cli
