#include "wire/canary_codec.h"

#include "wire/model_fields.h"

namespace hearth {
namespace {

std::optional<Canary> read_canary(JsonObject& in) {
  if (!wire::is_our_version(in.required("v"))) return std::nullopt;
  const auto epoch = wire::counter<Epoch>(in.required("epoch"));
  const auto seq = in.required("seq").number<std::uint64_t>();
  const auto sent_at =
      wire::nanoseconds(in.required("sent_at_ns"), Duration::zero(), wire::kInstantMax);
  if (!seq || !sent_at) return std::nullopt;
  return Canary{.epoch = epoch, .seq = *seq, .sent_at = MonoTime(*sent_at)};
}

}  // namespace

std::string encode(const Canary& canary) {
  JsonWriter out;
  out.begin_object().field("v", wire::kFormatVersion);
  out.field("epoch", canary.epoch.value);
  out.field("seq", canary.seq);
  out.field("sent_at_ns", wire::nanoseconds_of(canary.sent_at.time_since_epoch()));
  out.end_object();
  return std::move(out).text();
}

Result<Canary> decode_canary(std::string_view text) {
  return decode_json(text, {.bytes_max = kCanaryBytesMax}, ErrorCode::kCorrupt,
                     [](JsonObject& in) { return read_canary(in); });
}

}  // namespace hearth
