#include "adapters/log_match/pattern_fault.h"

#include <cstdint>

#include <fmt/format.h>

namespace hearth::log_match {
namespace {

using re2::RE2;

bool is_ascii(char byte) {
  return static_cast<unsigned char>(byte) < 0x80;
}

/// The fragment of the pattern that RE2 complains about begins where the shortest part of the
/// pattern with the same complaint has it: RE2 names the fragment, but not its place, and the same
/// bytes may occur before where they are no mistake.
std::optional<std::size_t> position_of(std::string_view pattern, const RE2& refused) {
  const std::string& fragment = refused.error_arg();
  if (fragment.empty()) return std::nullopt;
  for (std::size_t at = pattern.find(fragment); at != std::string_view::npos;
       at = pattern.find(fragment, at + 1)) {
    const RE2 beginning(std::string(pattern.substr(0, at + fragment.size())), refused.options());
    if (beginning.error_code() == refused.error_code() && beginning.error_arg() == fragment) {
      return at;
    }
  }
  return std::nullopt;
}

std::string bad_operator(const std::string& fragment) {
  if (fragment.starts_with("(?=") || fragment.starts_with("(?!") || fragment.starts_with("(?<")) {
    return fmt::format(
        "'{}': RE2 cannot look ahead or behind; lines to be spared are what 'unless' is for",
        fragment);
  }
  return fmt::format("'{}' is none of RE2's flags and groups, for example (?i), (?:…), (?P<name>…)",
                     fragment);
}

std::string bad_escape(const std::string& fragment) {
  if (fragment.size() == 2 && fragment[1] >= '1' && fragment[1] <= '9') {
    return fmt::format("'{}': RE2 cannot refer to an earlier group; write its pattern again",
                       fragment);
  }
  return fmt::format("'{}' is no escape sequence; a backslash itself is written \\\\", fragment);
}

std::string words_of(const RE2& refused) {
  const std::string& fragment = refused.error_arg();
  switch (refused.error_code()) {
    case RE2::ErrorBadEscape: return bad_escape(fragment);
    case RE2::ErrorBadCharClass:
      return fmt::format("'{}' is no class of characters, for example [[:digit:]] or \\d",
                         fragment);
    case RE2::ErrorBadCharRange:
      return fmt::format("'{}' is no range: its end is before its beginning", fragment);
    case RE2::ErrorMissingBracket: return "'[' without its ']'; a bracket itself is written \\[";
    case RE2::ErrorMissingParen: return "'(' without its ')'; a parenthesis itself is written \\(";
    case RE2::ErrorUnexpectedParen:
      return "')' without its '('; a parenthesis itself is written \\)";
    case RE2::ErrorTrailingBackslash:
      return "a backslash at the end; a backslash itself is written \\\\";
    case RE2::ErrorRepeatArgument:
      return fmt::format(
          "'{}' has nothing before it to repeat; the character itself is written "
          "with a backslash",
          fragment);
    case RE2::ErrorRepeatSize:
      return fmt::format("'{}' repeats too often: 1000 times at most, nested repetitions together",
                         fragment);
    case RE2::ErrorRepeatOp:
      return fmt::format("'{}' repeats a repetition; one operator is enough", fragment);
    case RE2::ErrorBadPerlOp: return bad_operator(fragment);
    case RE2::ErrorBadUTF8: return "it is not UTF-8; a byte is written \\xFF";
    case RE2::ErrorBadNamedCapture:
      return fmt::format("'{}' is no named group: (?P<name>…), each name once", fragment);
    case RE2::ErrorPatternTooLarge:
      return "it is too large when compiled; repeat less ({1,1000}) or write it shorter";
    case RE2::NoError:
    case RE2::ErrorInternal: break;
  }
  return refused.error();
}

}  // namespace

re2::RE2::Options options(std::size_t memory_max) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(static_cast<std::int64_t>(memory_max));
  return options;
}

std::optional<PatternFault> multibyte_fault(std::string_view pattern) {
  constexpr std::string_view kRepeats = "*+?{";
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char byte = pattern[at];
    if (pattern.substr(at).starts_with("\\Q")) {  // Everything up to \E is literal.
      const std::size_t end = pattern.find("\\E", at + 2);
      if (end == std::string_view::npos) return std::nullopt;
      at = end + 1;
      continue;
    }
    if (byte == '\\') {
      ++at;
      continue;
    }
    if (!in_class && byte == '[') {
      in_class = true;
      // A ']' at the beginning of a class stands for itself.
      if (pattern.substr(at + 1).starts_with('^')) ++at;
      if (pattern.substr(at + 1).starts_with(']')) ++at;
    } else if (in_class && pattern.substr(at).starts_with("[:")) {
      const std::size_t end = pattern.find(":]", at + 2);
      if (end != std::string_view::npos) at = end + 1;
    } else if (byte == ']') {
      in_class = false;
    }
    if (is_ascii(byte)) continue;
    if (in_class) {
      return PatternFault{"a character outside ASCII within []; write (?:ä|ö) instead of [äö]", at};
    }
    if (at + 1 < pattern.size() && kRepeats.find(pattern[at + 1]) != std::string_view::npos) {
      return PatternFault{"a repetition of a character outside ASCII; write (?:ä)+ instead of ä+",
                          at + 1};
    }
  }
  return std::nullopt;
}

std::optional<PatternFault> syntax_fault(std::string_view pattern, std::size_t memory_max) {
  // Read as UTF-8 first: then what RE2 quotes is as it was written.
  RE2::Options as_text = options(memory_max);
  as_text.set_encoding(RE2::Options::EncodingUTF8);
  const RE2 text(std::string(pattern), as_text);
  if (!text.ok() && text.error_code() != RE2::ErrorPatternTooLarge) {
    return PatternFault{words_of(text), position_of(pattern, text)};
  }
  const RE2 bytes(std::string(pattern), options(memory_max));
  if (!bytes.ok()) return PatternFault{words_of(bytes), std::nullopt};
  return std::nullopt;
}

std::string show(const PatternFault& fault) {
  if (!fault.position) return fault.what;
  return fmt::format("at byte {}: {}", *fault.position, fault.what);
}

}  // namespace hearth::log_match
