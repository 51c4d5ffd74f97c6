#include "wire/event_codec.h"

#include <charconv>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "wire/model_fields.h"

namespace hearth {
namespace {

constexpr std::string_view kSpecVersion = "1.0";
constexpr std::string_view kTypePrefix = "hearth.";

Result<EventType> parse_type(std::string_view text) {
  if (text.starts_with(kTypePrefix)) return parse_event_type(text.substr(kTypePrefix.size()));
  return fail(ErrorCode::kInvalidArgument, "must begin with \"hearth.\"");
}

Result<std::uint64_t> parse_seq(std::string_view text) {
  std::uint64_t seq = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, seq);
  if (ec == std::errc() && rest == end) return seq;
  return fail(ErrorCode::kInvalidArgument, "must be a whole number in a string, such as \"17\"");
}

std::optional<ClusterEvent> read_event(JsonObject& in) {
  const JsonValue spec_version = in.required("specversion");
  if (const auto version = spec_version.text(); version && *version != kSpecVersion) {
    spec_version.fault("must be \"1.0\", the only supported version of CloudEvents");
    return std::nullopt;
  }
  JsonObject data = in.required("data").object();
  if (!wire::is_our_version(data.optional("v"))) return std::nullopt;
  return ClusterEvent{
      .seq = in.required("id").parsed(parse_seq).value_or(0),
      .at = in.required("time").parsed(parse_time).value_or(WallTime()),
      .type = in.required("type").parsed(parse_type).value_or(EventType()),
      .subject = wire::text_up_to(kEventSubjectBytesMax, in.required("subject")),
      .message = wire::text_up_to(kEventMessageBytesMax, data.required("message")),
  };
}

}  // namespace

std::string encode(const ClusterEvent& event, std::string_view cluster) {
  JsonWriter out;
  out.begin_object().field("specversion", kSpecVersion);
  out.field("id", std::to_string(event.seq));
  out.field("source", fmt::format("hearth/{}", cluster));
  out.field("type", fmt::format("{}{}", kTypePrefix, name_of(event.type)));
  out.field("subject", event.subject);
  out.field("time", wire::time_text(event.at));
  out.field("datacontenttype", "application/json");
  out.key("data").begin_object().field("v", wire::kFormatVersion);
  out.field("message", event.message);
  out.end_object().end_object();
  return std::move(out).text();
}

Result<ClusterEvent> decode_cluster_event(std::string_view text) {
  return decode_json(text, {.bytes_max = kEventBytesMax}, ErrorCode::kCorrupt,
                     [](JsonObject& in) { return read_event(in); });
}

}  // namespace hearth
