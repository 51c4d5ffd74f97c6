#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"
#include "saved/byte_stream.h"
#include "saved/fields.h"

/// Values as bytes, according to their types.
///
/// A Codec writes a value, reads it back, and describes its type; types with the same description
/// have the same encoding. An unsupported type does not compile. Every value has exactly one
/// encoding, and reading refuses everything else, so whatever is read is written as the same bytes.
/// Enumerators and alternatives are checked, names are parsed, keys must ascend. Slow to compile:
/// for source files of this folder only.
namespace hearth::saved {

template <class T>
struct Codec;

template <class T>
void write(const T& value, ByteWriter& out) {
  Codec<T>::write(value, out);
}
template <class T>
std::optional<T> read(ByteReader& in) {
  return Codec<T>::read(in);
}
template <class T>
void describe(std::string& words) {
  Codec<T>::describe(words);
}

/// Integers of their own width, negative ones in two's complement.
template <std::integral T>
struct Codec<T> {
  using Bits = std::make_unsigned_t<T>;

  static void write(T value, ByteWriter& out) { out.put(static_cast<Bits>(value)); }
  static std::optional<T> read(ByteReader& in) {
    const std::optional<Bits> bits = in.take<Bits>();
    return bits ? std::optional(static_cast<T>(*bits)) : std::nullopt;
  }
  static void describe(std::string& words) {
    words += fmt::format("{}{},", std::is_signed_v<T> ? 'i' : 'u', sizeof(T));
  }
};

/// A choice among `count`, in one byte.
template <std::size_t count>
struct ChoiceCodec {
  static_assert(count > 0 && count <= 256);

  static void write(std::size_t choice, ByteWriter& out) {
    HEARTH_CHECK(choice < count);
    out.put(static_cast<std::uint8_t>(choice));
  }
  static std::optional<std::size_t> read(ByteReader& in) {
    const std::optional<std::uint8_t> choice = in.take<std::uint8_t>();
    if (choice && *choice >= count) {
      return in.refuse(fmt::format("choice {} of {}", *choice, count));
    }
    return choice ? std::optional<std::size_t>(*choice) : std::nullopt;
  }
};

template <>
struct Codec<bool> {
  static void write(bool value, ByteWriter& out) { ChoiceCodec<2>::write(value ? 1 : 0, out); }
  static std::optional<bool> read(ByteReader& in) {
    const std::optional<std::size_t> choice = ChoiceCodec<2>::read(in);
    return choice ? std::optional(*choice == 1) : std::nullopt;
  }
  static void describe(std::string& words) { words += "bool,"; }
};

template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  using Choice = ChoiceCodec<kEnumeratorCount<T>>;

  static void write(T value, ByteWriter& out) {
    Choice::write(static_cast<std::size_t>(value), out);
  }
  static std::optional<T> read(ByteReader& in) {
    const std::optional<std::size_t> choice = Choice::read(in);
    return choice ? std::optional(static_cast<T>(*choice)) : std::nullopt;
  }
  static void describe(std::string& words) {
    [&words]<std::size_t... I>(std::index_sequence<I...>) {
      ((words += enumerator_spelling<T, I>()), ...);
    }(std::make_index_sequence<kEnumeratorCount<T>>());
  }
};

template <>
struct Codec<std::string> {
  static void write(const std::string& value, ByteWriter& out) { out.put_text(value); }
  static std::optional<std::string> read(ByteReader& in) {
    const std::optional<std::string_view> text = in.take_text();
    return text ? std::optional(std::string(*text)) : std::nullopt;
  }
  static void describe(std::string& words) { words += "text,"; }
};

template <class Rep, class Period>
struct Codec<std::chrono::duration<Rep, Period>> {
  using Value = std::chrono::duration<Rep, Period>;

  static void write(Value value, ByteWriter& out) { saved::write(value.count(), out); }
  static std::optional<Value> read(ByteReader& in) {
    const std::optional<Rep> count = saved::read<Rep>(in);
    return count ? std::optional(Value(*count)) : std::nullopt;
  }
  static void describe(std::string& words) {
    words += fmt::format("duration {}/{} ", Period::num, Period::den);
    saved::describe<Rep>(words);
  }
};

template <class Clock, class Since>
struct Codec<std::chrono::time_point<Clock, Since>> {
  using Value = std::chrono::time_point<Clock, Since>;

  static void write(Value value, ByteWriter& out) { saved::write(value.time_since_epoch(), out); }
  static std::optional<Value> read(ByteReader& in) {
    const std::optional<Since> since = saved::read<Since>(in);
    return since ? std::optional(Value(*since)) : std::nullopt;
  }
  static void describe(std::string& words) {
    words += Clock::is_steady ? "steady " : "civil ";
    saved::describe<Since>(words);
  }
};

/// Text that only the type's own parser turns into a value: a name, a digest.
template <class T>
concept Parsed = requires(const T& value, std::string_view text) {
  { T::parse(text) } -> std::same_as<Result<T>>;
  { value.str() } -> std::convertible_to<std::string_view>;
};

template <Parsed T>
struct Codec<T> {
  static void write(const T& value, ByteWriter& out) { out.put_text(value.str()); }
  static std::optional<T> read(ByteReader& in) {
    const std::optional<std::string_view> text = in.take_text();
    if (!text) return std::nullopt;
    Result<T> value = T::parse(*text);
    if (!value) return in.refuse(value.error().message);
    return *std::move(value);
  }
  static void describe(std::string& words) { words += "parsed text,"; }
};

/// A class that is constructed from the state that it saves.
template <class T>
concept MadeOfItsState = requires(const T& value) {
  { value.save() } -> std::convertible_to<typename T::State>;
  requires std::constructible_from<T, typename T::State>;
};

template <MadeOfItsState T>
struct Codec<T> {
  static void write(const T& value, ByteWriter& out) { saved::write(value.save(), out); }
  static std::optional<T> read(ByteReader& in) {
    std::optional<typename T::State> state = saved::read<typename T::State>(in);
    return state ? std::optional(T(*std::move(state))) : std::nullopt;
  }
  static void describe(std::string& words) { saved::describe<typename T::State>(words); }
};

template <class T>
struct Codec<std::optional<T>> {
  static void write(const std::optional<T>& value, ByteWriter& out) {
    saved::write(value.has_value(), out);
    if (value) saved::write(*value, out);
  }
  static std::optional<std::optional<T>> read(ByteReader& in) {
    const std::optional<bool> is_there = saved::read<bool>(in);
    if (!is_there) return std::nullopt;
    if (!*is_there) return std::optional<std::optional<T>>(std::in_place);
    std::optional<T> value = saved::read<T>(in);
    if (!value) return std::nullopt;
    return std::optional<std::optional<T>>(std::in_place, std::move(value));
  }
  static void describe(std::string& words) {
    words += "optional ";
    saved::describe<T>(words);
  }
};

/// A list, in its order. It grows with the elements that are read; the count reserves nothing.
template <class List>
struct ListCodec {
  using Element = typename List::value_type;

  static void write(const List& list, ByteWriter& out) {
    out.put_count(list.size());
    for (const Element& element : list) saved::write(element, out);
  }
  static std::optional<List> read(ByteReader& in) {
    const std::optional<std::uint32_t> count = in.take_count();
    if (!count) return std::nullopt;
    List list;
    for (std::uint32_t left = *count; left > 0; --left) {
      std::optional<Element> element = saved::read<Element>(in);
      if (!element) return std::nullopt;
      list.push_back(*std::move(element));
    }
    return list;
  }
  static void describe(std::string& words) {
    words += "list ";
    saved::describe<Element>(words);
  }
};
template <class T>
struct Codec<std::vector<T>> : ListCodec<std::vector<T>> {};
template <class T>
struct Codec<std::deque<T>> : ListCodec<std::deque<T>> {};

/// Keys ascend strictly.
template <class T>
struct Codec<std::set<T>> {
  static void write(const std::set<T>& set, ByteWriter& out) {
    out.put_count(set.size());
    for (const T& element : set) saved::write(element, out);
  }
  static std::optional<std::set<T>> read(ByteReader& in) {
    const std::optional<std::uint32_t> count = in.take_count();
    if (!count) return std::nullopt;
    std::set<T> set;
    for (std::uint32_t left = *count; left > 0; --left) {
      std::optional<T> element = saved::read<T>(in);
      if (!element) return std::nullopt;
      if (!set.empty() && !(*set.rbegin() < *element)) return in.refuse("a set out of order");
      set.emplace_hint(set.end(), *std::move(element));
    }
    return set;
  }
  static void describe(std::string& words) {
    words += "set ";
    saved::describe<T>(words);
  }
};

template <class Key, class T>
struct Codec<std::map<Key, T>> {
  static void write(const std::map<Key, T>& map, ByteWriter& out) {
    out.put_count(map.size());
    for (const auto& [key, value] : map) {
      saved::write(key, out);
      saved::write(value, out);
    }
  }
  static std::optional<std::map<Key, T>> read(ByteReader& in) {
    const std::optional<std::uint32_t> count = in.take_count();
    if (!count) return std::nullopt;
    std::map<Key, T> map;
    for (std::uint32_t left = *count; left > 0; --left) {
      std::optional<Key> key = saved::read<Key>(in);
      if (!key) return std::nullopt;
      if (!map.empty() && !(map.rbegin()->first < *key)) return in.refuse("a map out of order");
      std::optional<T> value = saved::read<T>(in);
      if (!value) return std::nullopt;
      map.emplace_hint(map.end(), *std::move(key), *std::move(value));
    }
    return map;
  }
  static void describe(std::string& words) {
    words += "map ";
    saved::describe<Key>(words);
    saved::describe<T>(words);
  }
};

/// Values of the given types in sequence, from which `Whole` is initialized.
template <class Whole, class... Part>
struct PartsCodec {
  static_assert(sizeof...(Part) > 0, "a value of no bytes would escape the bound on counts");

  static void describe(std::string& words) {
    words += '{';
    (saved::describe<Part>(words), ...);
    words += '}';
  }
  static std::optional<Whole> read(ByteReader& in) {
    return read(in, std::index_sequence_for<Part...>());
  }

 private:
  template <std::size_t... I>
  static std::optional<Whole> read(ByteReader& in, std::index_sequence<I...> /*indices*/) {
    std::tuple<std::optional<Part>...> parts;
    const bool all = ((std::get<I>(parts) = saved::read<Part>(in)).has_value() && ...);
    if (!all) return std::nullopt;
    return Whole{*std::move(std::get<I>(parts))...};
  }
};

template <class First, class Second>
struct Codec<std::pair<First, Second>> : PartsCodec<std::pair<First, Second>, First, Second> {
  static void write(const std::pair<First, Second>& pair, ByteWriter& out) {
    saved::write(pair.first, out);
    saved::write(pair.second, out);
  }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
  static_assert(N > 0);

  static void write(const std::array<T, N>& array, ByteWriter& out) {
    for (const T& element : array) saved::write(element, out);
  }
  static std::optional<std::array<T, N>> read(ByteReader& in) {
    std::array<T, N> array{};
    for (T& element : array) {
      std::optional<T> value = saved::read<T>(in);
      if (!value) return std::nullopt;
      element = *std::move(value);
    }
    return array;
  }
  static void describe(std::string& words) {
    words += fmt::format("{} of ", N);
    saved::describe<T>(words);
  }
};

template <class... Alternative>
struct Codec<std::variant<Alternative...>> {
  using Value = std::variant<Alternative...>;
  using Choice = ChoiceCodec<sizeof...(Alternative)>;

  static void write(const Value& value, ByteWriter& out) {
    Choice::write(value.index(), out);
    std::visit([&out](const auto& one) { saved::write(one, out); }, value);
  }
  static std::optional<Value> read(ByteReader& in) {
    const std::optional<std::size_t> choice = Choice::read(in);
    if (!choice) return std::nullopt;
    using Read = std::optional<Value> (*)(ByteReader&);
    constexpr std::array<Read, sizeof...(Alternative)> kReads{&read_alternative<Alternative>...};
    return kReads.at(*choice)(in);
  }
  static void describe(std::string& words) {
    words += "one of {";
    (saved::describe<Alternative>(words), ...);
    words += '}';
  }

 private:
  template <class One>
  static std::optional<Value> read_alternative(ByteReader& in) {
    std::optional<One> one = saved::read<One>(in);
    return one ? std::optional<Value>(*std::move(one)) : std::nullopt;
  }
};

template <class Whole, class Fields>
struct FieldsCodec;
template <class Whole, class... Field>
struct FieldsCodec<Whole, std::tuple<Field...>> : PartsCodec<Whole, Field...> {};

/// A struct: its fields in the order of their declaration. Its description has its name and theirs.
template <class T>
  requires(std::is_aggregate_v<T> && std::is_class_v<T>)
struct Codec<T> : FieldsCodec<T, FieldTypes<T>> {
  static void write(const T& whole, ByteWriter& out) {
    std::apply([&out](const auto*... field) { (saved::write(*field, out), ...); },
               fields_of(whole));
  }
  static void describe(std::string& words) {
    words += type_spelling<T>();
    [&words]<std::size_t... I>(std::index_sequence<I...>) {
      ((words += field_spelling<T, I>()), ...);
    }(std::make_index_sequence<kFieldCount<T>>());
    FieldsCodec<T, FieldTypes<T>>::describe(words);
  }
};

}  // namespace hearth::saved
