#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

// Boost.JSON stays out of this header: half the tree includes it.
namespace boost::json {
class object;
class value;
}  // namespace boost::json

/// Reads JSON that others wrote: payloads from the bus, request bodies, configuration files.
///
///     std::optional<Load> read_load(const JsonValue& value) {
///       JsonObject in = value.object();
///       return Load{.cpu = in.optional("cpu").number<std::uint16_t>(0, 1000), ...};
///     }
///
/// Reading does not stop at the first mistake: an accessor that does not find what it expects notes
/// a fault with the path and returns nothing. So one pass finds every fault, and the values count
/// only if there was none.
///
/// `null` is the same as an absent member, as in the JSON mapping of Protocol Buffers 3: scripts
/// that fill in a template write it for what they do not know.
///
/// Everything here is a view into the text's document and valid only during the call of read_json()
/// that created it. Not thread-safe.
namespace hearth {

/// One fault of a document.
struct JsonFault {
  std::string path;  ///< "$.power.nodes[\"10.0.0.1\"].command[0]"; "$" is the document.
  std::string what;  ///< What is wrong and what would be accepted.
  bool operator==(const JsonFault&) const = default;
};

/// "$.seq: must be …"
std::string show(const JsonFault& fault);

/// All faults in one error, one per line.
Error error_of(ErrorCode code, const std::vector<JsonFault>& faults);

/// Faults kept per document; further ones are dropped, since nobody reads more.
inline constexpr std::size_t kJsonFaultsMax = 50;
/// Nesting of objects and lists. Deeper text is refused before it is built.
inline constexpr std::size_t kJsonDepthMax = 32;

/// What to do about a duplicate key in an object.
enum class DuplicateKeys : std::uint8_t {
  kLastWins,  ///< For payloads written by programs: the search costs time.
  kRefuse,    ///< For files written by people, where one of the two would silently be lost.
};

struct JsonLimits {
  std::size_t bytes_max;
  DuplicateKeys duplicate_keys = DuplicateKeys::kLastWins;
};

class JsonObject;

/// Parses `text` (strict RFC 8259, strict UTF-8, a leading byte order mark ignored), which must be
/// an object, and passes it to `read`. Returns the faults in the order they were found; if the text
/// cannot be parsed there is one, and `read` was not called.
std::vector<JsonFault> read_json(std::string_view text, JsonLimits limits,
                                 const std::function<void(JsonObject&)>& read);

/// The same for a reader that returns a value, in an optional that is empty only if it noted a
/// fault. The error lists every fault.
template <class Read>
auto decode_json(std::string_view text, JsonLimits limits, ErrorCode code, Read read)
    -> Result<typename std::invoke_result_t<Read, JsonObject&>::value_type>;

/// A place in the document. Each points to the place that contains it, so that a path costs nothing
/// until it is shown.
struct JsonPlace {
  const JsonPlace* parent = nullptr;
  std::string_view key;  ///< In an object.
  std::size_t index = 0;
  bool in_list = false;

  std::string path() const;
};

/// A value, or its absence. Accessors of an absent value return nothing and note no fault.
class JsonValue {
 public:
  bool present() const { return value_ != nullptr; }
  /// For values that can be written in several ways.
  bool is_text() const;
  bool is_list() const;
  bool is_object() const;
  void fault(std::string what) const;
  /// Notes that something else is expected: "must be `wanted`, not a list". For a present value.
  void wrong_kind(std::string_view wanted) const;

  std::optional<std::string_view> text() const;
  std::optional<bool> boolean() const;
  /// A string; a number, true or false as it would be written.
  std::optional<std::string> scalar_text() const;
  /// A number, with a fraction or without.
  std::optional<double> decimal() const;

  /// A whole number within [low, high].
  template <std::unsigned_integral T>
  std::optional<T> number(T low = 0, T high = std::numeric_limits<T>::max()) const {
    const std::optional<std::uint64_t> number = whole_number(low, high);
    return number ? std::optional(static_cast<T>(*number)) : std::nullopt;
  }

  /// A string that `parse` (string_view → Result<T>) accepts; its error becomes the fault.
  template <class Parse>
  auto parsed(Parse parse) const {
    using T = typename std::invoke_result_t<Parse, std::string_view>::value_type;
    const std::optional<std::string_view> read = text();
    if (!read) return std::optional<T>();
    auto result = parse(*read);
    if (result) return std::optional<T>(std::move(*result));
    fault(std::move(result.error().message));
    return std::optional<T>();
  }

  /// "250ms", "1.5s", …
  std::optional<Duration> duration() const;

  /// The result of `read` (const JsonValue& → optional<T>); not called if the value is absent.
  template <class Read>
  auto as(const Read& read) const -> std::invoke_result_t<const Read&, const JsonValue&> {
    if (!present()) return std::nullopt;
    return read(*this);
  }

  /// Calls `on_each(const JsonValue&)` for every element of a list.
  template <class Function>
  void each(Function on_each) const {
    const std::size_t count = element_count();
    for (std::size_t i = 0; i < count; ++i) on_each(element(i));
  }

  /// The results of `read` (const JsonValue& → optional<T>) for the elements of a list.
  template <class Read>
  auto list(Read read) const {
    std::vector<typename std::invoke_result_t<Read, const JsonValue&>::value_type> out;
    each([&](const JsonValue& item) {
      if (auto value = read(item)) out.push_back(std::move(*value));
    });
    return out;
  }

  /// The members. If the value is not an object, that is noted once, and all members read as absent
  /// without a fault, required ones too.
  JsonObject object() const;

 private:
  friend class JsonObject;
  friend std::vector<JsonFault> read_json(std::string_view, JsonLimits,
                                          const std::function<void(JsonObject&)>&);

  JsonValue(const boost::json::value* value, JsonPlace place, std::vector<JsonFault>& faults);

  std::optional<std::uint64_t> whole_number(std::uint64_t low, std::uint64_t high) const;
  std::size_t element_count() const;
  JsonValue element(std::size_t index) const;

  const boost::json::value* value_;
  JsonPlace place_;
  std::vector<JsonFault>* faults_;
};

/// The members of an object, by key. It remembers which keys were asked for: all others are
/// unknown.
class JsonObject {
 public:
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  JsonValue optional(std::string_view key);
  /// Notes a fault if it is absent.
  JsonValue required(std::string_view key);
  /// For a key that is likely to be tried but not allowed: notes `why` if it is present.
  void forbidden(std::string_view key, std::string_view why);
  /// Notes every member that was not asked for, with the nearest known key and a list of all.
  void refuse_unknown() const;

  /// Calls `on_each(std::string_view key, const JsonValue&)` for every member: for objects whose
  /// keys are data.
  template <class Function>
  void each(Function on_each) const {
    for (std::size_t i = 0; i < member_count(); ++i) on_each(member_key(i), member(i));
  }

  void fault(std::string what) const { self_.fault(std::move(what)); }

 private:
  friend class JsonValue;
  /// None of our objects has more keys.
  static constexpr std::size_t kKeysMax = 48;
  struct Asked {
    std::string_view key;
    bool forbidden;
  };

  JsonObject(const JsonValue& self, const boost::json::object* members);

  void note_asked(Asked asked);
  bool was_asked(std::string_view key) const;
  std::string unknown_key_advice(std::string_view key) const;
  std::size_t member_count() const;
  std::string_view member_key(std::size_t index) const;
  JsonValue member(std::size_t index) const;

  JsonValue self_;
  const boost::json::object* members_;  ///< nullptr: not an object, or absent.
  std::array<Asked, kKeysMax> asked_;
  std::size_t asked_count_ = 0;
};

template <class Read>
auto decode_json(std::string_view text, JsonLimits limits, ErrorCode code, Read read)
    -> Result<typename std::invoke_result_t<Read, JsonObject&>::value_type> {
  std::invoke_result_t<Read, JsonObject&> value;
  const std::vector<JsonFault> faults =
      read_json(text, limits, [&](JsonObject& in) { value = read(in); });
  if (!faults.empty()) return tl::unexpected(error_of(code, faults));
  return std::move(value).value();
}

}  // namespace hearth
