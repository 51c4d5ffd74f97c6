#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

/// Writes JSON by appending to a string: no document is built, so an agent can afford it several
/// times a second. The output is always valid UTF-8: invalid bytes of a string (the last words of a
/// failed build can be anything) become U+FFFD, since one bad byte would otherwise cost the whole
/// payload, and with it the sign of life.
///
///     JsonWriter out;
///     out.begin_object();
///     out.field("name", name).field("restarts", 3U);
///     out.key("images").begin_list().value("a").value("b").end_list();
///     out.end_object();
///     return std::move(out).text();
///
/// The caller is responsible for the order of the calls; only the balance is checked.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_list() { return open('['); }
  JsonWriter& end_list() { return close(']'); }

  JsonWriter& key(std::string_view key);
  JsonWriter& value(std::string_view text);
  /// Without this overload a literal would convert to bool.
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto flag) { return literal(flag ? "true" : "false"); }
  JsonWriter& value(std::unsigned_integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    return whole_number(number);
  }
  /// A number of thousandths as a decimal: 500 is written as 0.5.
  JsonWriter& thousandths(std::uint64_t count);
  JsonWriter& null() { return literal("null"); }
  /// A number, boolean or null that is written as JSON already.
  JsonWriter& literal(std::string_view text);

  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// Omits the field if there is no value.
  JsonWriter& field_if_known(std::string_view name, std::string_view text) {
    return text.empty() ? *this : field(name, text);
  }
  template <class T>
  JsonWriter& field_if_known(std::string_view name, const std::optional<T>& content) {
    return content ? field(name, *content) : *this;
  }

  /// The finished text.
  std::string text() &&;

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& whole_number(std::uint64_t number);
  void separate();
  void append_quoted(std::string_view text);

  std::string text_;
  int depth_ = 0;
  bool after_value_ = false;  ///< A comma is due before the next value or key.
};

}  // namespace hearth
