#include "adapters/usage/arguments.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"

namespace hearth::usage {
namespace {

template <class T>
std::function<Result<void>(const std::string&)> store_in(T& into) {
  return [&into](const std::string& given) -> Result<void> {
    into = given;
    return {};
  };
}

/// Reads a number within [low, high].
struct WholeNumber {
  std::uint32_t low;
  std::uint32_t high;

  Result<std::uint32_t> operator()(std::string_view given) const {
    std::uint32_t number = 0;
    const char* const end = given.data() + given.size();
    const auto [rest, ec] = std::from_chars(given.data(), end, number);
    if (ec == std::errc() && rest == end && number >= low && number <= high) return number;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("must be a whole number from {} to {}", low, high));
  }
};

}  // namespace

void Arguments::declare(Kind kind, Need need, Text text,
                        std::function<Result<void>(const std::string&)> take) {
  declared_.push_back({kind, need, text, std::move(take)});
}

void Arguments::flag(Text text, bool& into) {
  declare(Kind::kFlag, Need::kOptional, text, [&into](const std::string&) -> Result<void> {
    into = true;
    return {};
  });
}

void Arguments::value(Text text, std::string& into, Need need) {
  declare(Kind::kValue, need, text, store_in(into));
}

void Arguments::value(Text text, std::optional<std::string>& into) {
  declare(Kind::kValue, Need::kOptional, text, store_in(into));
}

void Arguments::value(Text text, std::filesystem::path& into) {
  declare(Kind::kValue, Need::kOptional, text, store_in(into));
}

void Arguments::value(Text text, std::uint32_t& into, std::uint32_t low, std::uint32_t high) {
  parsed(text, WholeNumber{low, high}, into);
}

void Arguments::value(Text text, std::optional<std::uint32_t>& into, std::uint32_t low,
                      std::uint32_t high) {
  parsed(text, WholeNumber{low, high}, into);
}

void Arguments::value(Text text, Duration& into) {
  parsed(text, parse_duration, into);
}

void Arguments::list(Text text, std::vector<std::string>& into) {
  declare(Kind::kList, Need::kOptional, text, [&into](const std::string& given) -> Result<void> {
    into.push_back(given);
    return {};
  });
}

void Arguments::positional(std::string_view placeholder, std::string_view help, std::string& into,
                           Need need, std::string_view completes) {
  declare(Kind::kPositional, need,
          {.names = placeholder, .placeholder = placeholder, .help = help, .completes = completes},
          store_in(into));
}

Arguments Arguments::without_targets() const {
  Arguments copy = *this;
  for (Declared& argument : copy.declared_) argument.take = nullptr;
  return copy;
}

OptionNames names_of(const Arguments::Text& text) {
  const std::size_t comma = text.names.find(',');
  if (comma != std::string_view::npos) {
    return {text.names.substr(0, comma), text.names.substr(comma + 1)};
  }
  if (text.names.starts_with("--")) return {{}, text.names};
  return {text.names, {}};
}

}  // namespace hearth::usage
