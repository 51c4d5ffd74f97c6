#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// What the compiler knows about a type: the fields of a struct with their names, in the order of
/// their declaration, and the enumerators of an enum.
///
/// So no new field of a struct can be forgotten. A struct here is an aggregate without base classes
/// and with at most kFieldsMax fields; a wrong count does not compile. Slow to compile: for source
/// files of this folder only.
namespace hearth::saved {

inline constexpr std::size_t kFieldsMax = 16;

namespace detail {

/// Initializes a field of any type, to count the fields. Never called.
struct Anything {
  template <class T>
  operator T() const;
};
template <std::size_t>
using AnythingAt = Anything;

template <class T, std::size_t... I>
consteval bool takes_fields(std::index_sequence<I...> /*indices*/) {
  return requires { T{AnythingAt<I>()...}; };
}

/// The largest number of initializers that `T` takes. Counts down, because a struct whose last
/// field has no default constructor takes no smaller number.
template <class T, std::size_t N = kFieldsMax + 1>
consteval std::size_t count_fields() {
  if constexpr (N == 0 || takes_fields<T>(std::make_index_sequence<N>())) {
    return N;
  } else {
    return count_fields<T, N - 1>();
  }
}

/// Never defined: only the compiler uses the addresses of its fields.
template <class T>
struct Specimen {
  // NOLINTNEXTLINE(readability-identifier-naming)
  static const T value;
};

}  // namespace detail

template <class T>
inline constexpr std::size_t kFieldCount = detail::count_fields<T>();

/// Pointers to the fields of `whole`, in a tuple.
template <class T>
constexpr auto fields_of(const T& whole) {
  constexpr std::size_t kCount = kFieldCount<T>;
  static_assert(kCount > 0 && kCount <= kFieldsMax, "a struct of 1 to kFieldsMax fields");
  const auto pointers = [](const auto&... field) { return std::tuple(&field...); };
  // clang-format off
  if constexpr (kCount == 1) { const auto& [a] = whole; return pointers(a); }
  if constexpr (kCount == 2) { const auto& [a, b] = whole; return pointers(a, b); }
  if constexpr (kCount == 3) { const auto& [a, b, c] = whole; return pointers(a, b, c); }
  if constexpr (kCount == 4) { const auto& [a, b, c, d] = whole; return pointers(a, b, c, d); }
  if constexpr (kCount == 5) { const auto& [a, b, c, d, e] = whole; return pointers(a, b, c, d, e); }
  if constexpr (kCount == 6) { const auto& [a, b, c, d, e, f] = whole; return pointers(a, b, c, d, e, f); }
  if constexpr (kCount == 7) { const auto& [a, b, c, d, e, f, g] = whole; return pointers(a, b, c, d, e, f, g); }
  if constexpr (kCount == 8) { const auto& [a, b, c, d, e, f, g, h] = whole; return pointers(a, b, c, d, e, f, g, h); }
  if constexpr (kCount == 9) { const auto& [a, b, c, d, e, f, g, h, i] = whole; return pointers(a, b, c, d, e, f, g, h, i); }
  if constexpr (kCount == 10) { const auto& [a, b, c, d, e, f, g, h, i, j] = whole; return pointers(a, b, c, d, e, f, g, h, i, j); }
  if constexpr (kCount == 11) { const auto& [a, b, c, d, e, f, g, h, i, j, k] = whole; return pointers(a, b, c, d, e, f, g, h, i, j, k); }
  if constexpr (kCount == 12) { const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = whole; return pointers(a, b, c, d, e, f, g, h, i, j, k, l); }
  if constexpr (kCount == 13) { const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = whole; return pointers(a, b, c, d, e, f, g, h, i, j, k, l, m); }
  if constexpr (kCount == 14) { const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = whole; return pointers(a, b, c, d, e, f, g, h, i, j, k, l, m, n); }
  if constexpr (kCount == 15) { const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = whole; return pointers(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o); }
  if constexpr (kCount == 16) { const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = whole; return pointers(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p); }
  // clang-format on
}

namespace detail {

template <class Pointers>
struct Pointees;
template <class... Field>
struct Pointees<std::tuple<const Field*...>> {
  using Types = std::tuple<Field...>;
};

/// How the compiler spells a value: "… V = hearth::NodeState::kLive; …", and of one without a name
/// "… V = (hearth::NodeState)9; …".
template <auto V>
consteval std::string_view spelling() {
  return __PRETTY_FUNCTION__;
}

}  // namespace detail

/// The types of the fields of `T`, in a tuple.
template <class T>
using FieldTypes = typename detail::Pointees<decltype(fields_of(std::declval<const T&>()))>::Types;

/// Names the type; how, is up to the compiler.
template <class T>
consteval std::string_view type_spelling() {
  return __PRETTY_FUNCTION__;
}

// The address of what is not defined anywhere is all that is used of it.
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
/// Names the Ith field; how, is up to the compiler.
template <class T, std::size_t I>
consteval std::string_view field_spelling() {
  return detail::spelling<std::get<I>(fields_of(detail::Specimen<T>::value))>();
}
#ifdef __clang__
#pragma clang diagnostic pop
#endif

/// Names the enumerator; how, is up to the compiler.
template <class E, std::size_t Value>
consteval std::string_view enumerator_spelling() {
  return detail::spelling<static_cast<E>(Value)>();
}

namespace detail {

template <class E, std::size_t Value = 0>
consteval std::size_t count_enumerators() {
  constexpr bool kNamed = enumerator_spelling<E, Value>().find("V = (") == std::string_view::npos;
  if constexpr (kNamed) {
    return count_enumerators<E, Value + 1>();
  } else {
    return Value;
  }
}

}  // namespace detail

/// Enumerators count up from zero, without a gap.
template <class E>
  requires std::is_enum_v<E>
inline constexpr std::size_t kEnumeratorCount = detail::count_enumerators<E>();

}  // namespace hearth::saved
