#include "adapters/bundle/ignore_rules.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace hearth {
namespace {

/// Stands for a byte b that is not UTF-8, outside Unicode's range.
constexpr char32_t kRawByte = 0x110000;

/// The length of the well-formed UTF-8 sequence at the front of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80             ? 1
                             : (lead & 0xE0) == 0xC0 ? 2
                             : (lead & 0xF0) == 0xE0 ? 3
                             : (lead & 0xF8) == 0xF0 ? 4
                                                     : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto lead = static_cast<unsigned char>(text.front());
    char32_t character = length == 0   ? kRawByte + lead
                         : length == 1 ? lead
                                       : lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    out.push_back(character);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\v\f";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Resolves `.`, `..` and doubled slashes, and roots the pattern at the context.
std::string cleaned(std::string_view pattern) {
  std::string out = std::filesystem::path(pattern).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  if (out.size() > 1 && out.starts_with('/')) out.erase(0, 1);
  return out;
}

}  // namespace

Result<IgnoreRules> IgnoreRules::parse(std::string_view text) {
  IgnoreRules rules;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('#')) continue;
    line = trimmed(line);
    if (line.empty()) continue;
    Pattern pattern;
    if (line.starts_with('!')) {
      pattern.exception = rules.has_exceptions_ = true;
      line = trimmed(line.substr(1));
    }
    Result<std::vector<Token>> tokens = compile(characters_of(cleaned(line)));
    if (line.empty()) tokens = fail(ErrorCode::kInvalidArgument, "a pattern must follow the '!'");
    if (!tokens) {
      return fail(tokens.error().code,
                  fmt::format(".dockerignore line {}: {}", number, tokens.error().message));
    }
    pattern.tokens = *std::move(tokens);
    rules.patterns_.push_back(std::move(pattern));
  }
  return rules;
}

Result<std::vector<IgnoreRules::Token>> IgnoreRules::compile(std::u32string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size(); ++at) {
    Token token;
    switch (text[at]) {
      case U'*':
        token.kind = Token::Kind::kAnyRun;
        if (at + 1 < text.size() && text[at + 1] == U'*') {
          ++at;
          if (at + 1 < text.size() && text[at + 1] == U'/') ++at;
          token.kind = at + 1 < text.size() ? Token::Kind::kFolders : Token::Kind::kRest;
        }
        break;
      case U'?': token.kind = Token::Kind::kAnyOne; break;
      case U'[': {
        Result<Token> one_of = compile_class(text, at);
        if (!one_of) return tl::unexpected(one_of.error());
        token = *std::move(one_of);
        break;
      }
      case U'\\':
        if (at + 1 == text.size()) {
          return fail(ErrorCode::kInvalidArgument,
                      "nothing follows the '\\' at the end of the pattern");
        }
        token.character = text[++at];
        break;
      default: token.character = text[at]; break;
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

/// `at` is at the opening bracket of the class, and is left at the closing one.
Result<IgnoreRules::Token> IgnoreRules::compile_class(std::u32string_view text, std::size_t& at) {
  Token token;
  token.kind = Token::Kind::kOneOf;
  const auto next = [&]() -> std::optional<char32_t> {
    if (++at >= text.size()) return std::nullopt;
    if (text[at] != U'\\') return text[at];
    if (++at >= text.size()) return std::nullopt;
    return text[at];
  };
  if (at + 1 < text.size() && text[at + 1] == U'^') {
    token.negated = true;
    ++at;
  }
  while (at + 1 < text.size() && (text[at + 1] != U']' || token.ranges.empty())) {
    const std::optional<char32_t> first = next();
    std::optional<char32_t> last = first;
    if (at + 2 < text.size() && text[at + 1] == U'-' && text[at + 2] != U']') {
      ++at;
      last = next();
    }
    if (!first || !last) break;
    if (*last < *first) {
      return fail(ErrorCode::kInvalidArgument, "a range in '[…]' must not run backwards");
    }
    token.ranges.push_back({*first, *last});
  }
  if (++at >= text.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "a '[' is not closed; write '\\[' for a literal bracket");
  }
  return token;
}

bool IgnoreRules::accepts(const Token& token, char32_t character) {
  switch (token.kind) {
    case Token::Kind::kCharacter: return character == token.character;
    case Token::Kind::kAnyOne:
    case Token::Kind::kAnyRun: return character != U'/';
    case Token::Kind::kFolders:
    case Token::Kind::kRest: return true;
    case Token::Kind::kOneOf: break;
  }
  const bool within =
      std::any_of(token.ranges.begin(), token.ranges.end(), [&](const Token::Range& range) {
        return range.first <= character && character <= range.last;
      });
  return within != token.negated;
}

/// Follows all paths through the pattern at once, so that no pattern is slow. `reached[i]`: the
/// tokens before i match the characters read so far.
bool IgnoreRules::matches_path_or_parent(const Pattern& pattern, std::u32string_view path) {
  const std::vector<Token>& tokens = pattern.tokens;
  std::vector<char> reached(tokens.size() + 1, 0);
  std::vector<char> inside(tokens.size(), 0);  ///< Within a kFolders that has not ended.
  const auto skip_what_may_be_empty = [&] {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool may_be_empty = tokens[i].kind == Token::Kind::kAnyRun ||
                                tokens[i].kind == Token::Kind::kFolders ||
                                tokens[i].kind == Token::Kind::kRest;
      if (reached[i] != 0 && may_be_empty) reached[i + 1] = 1;
    }
  };
  reached[0] = 1;
  skip_what_may_be_empty();
  for (const char32_t character : path) {
    if (character == U'/' && reached.back() != 0) return true;  // It matches a folder of the path.
    std::vector<char> then(tokens.size() + 1, 0);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind == Token::Kind::kFolders) {
        inside[i] = static_cast<char>(inside[i] != 0 || reached[i] != 0);
        if (inside[i] != 0 && character == U'/') then[i + 1] = 1;
        continue;
      }
      if (reached[i] == 0 || !accepts(tokens[i], character)) continue;
      const bool repeats =
          tokens[i].kind == Token::Kind::kAnyRun || tokens[i].kind == Token::Kind::kRest;
      then[repeats ? i : i + 1] = 1;
    }
    reached = std::move(then);
    skip_what_may_be_empty();
  }
  return reached.back() != 0;
}

bool IgnoreRules::ignores(std::string_view path) const {
  if (path == "Dockerfile" || path == ".dockerignore") return false;
  const std::u32string characters = characters_of(path);
  bool ignored = false;
  for (const Pattern& pattern : patterns_) {
    // Only patterns that could change the verdict are tried.
    if (pattern.exception == ignored && matches_path_or_parent(pattern, characters)) {
      ignored = !pattern.exception;
    }
  }
  return ignored;
}

}  // namespace hearth
