#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/fnv_hash.h"
#include "base/result.h"
#include "base/version.h"
#include "saved/byte_stream.h"
#include "saved/codec.h"
#include "saved/envelope.h"

/// A state in its envelope. Slow to compile: for source files of this folder only.
namespace hearth::saved {

/// A fingerprint of all types in `State`, by their names and those of their fields and enumerators,
/// and of the product's version.
template <class State>
std::uint64_t layout_of() {
  static const std::uint64_t kLayout = [] {
    std::string words(version());
    describe<State>(words);
    return fnv_hash_of(words);
  }();
  return kLayout;
}

template <class State>
std::string sealed(Owner owner, const State& state) {
  ByteWriter body;
  write(state, body);
  return seal({.owner = owner, .layout = layout_of<State>()}, body.take());
}

template <class State>
Result<State> unsealed(Owner owner, std::string_view bytes) {
  const Result<std::string_view> body = open({.owner = owner, .layout = layout_of<State>()}, bytes);
  if (!body) return tl::unexpected(body.error());
  ByteReader in(*body, kHeaderBytes);
  std::optional<State> state = read<State>(in);
  if (state && in.left() > 0)
    in.refuse(fmt::format("the state ends before, and {} bytes follow it", in.left()));
  if (in.fault()) {
    return fail(in.fault()->code,
                fmt::format("saved state of the {}: {}", name_of(owner), in.fault()->message));
  }
  return *std::move(state);
}

}  // namespace hearth::saved
