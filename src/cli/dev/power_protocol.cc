#include "cli/dev/power_protocol.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include "adapters/http/transport.h"
#include "adapters/loop/coroutine.h"
#include "base/check.h"
#include "model/enum_names.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

constexpr std::array<EnumName<PowerAction>, 5> kActions{{
    {PowerAction::kOff, "off"},
    {PowerAction::kOn, "on"},
    {PowerAction::kStatus, "status"},
    {PowerAction::kFreeze, "freeze"},
    {PowerAction::kThaw, "thaw"},
}};
constexpr JsonLimits kLimits{.bytes_max = kPowerLineBytesMax};

Result<std::string> decode_answer(std::string_view line) {
  struct Answer {
    bool ok;
    std::string state;
    std::string error;
  };
  const Result<Answer> answer = decode_json(line, kLimits, ErrorCode::kCorrupt, [](JsonObject& in) {
    return std::optional(Answer{in.required("ok").boolean().value_or(false),
                                std::string(in.optional("state").text().value_or("")),
                                std::string(in.optional("error").text().value_or(""))});
  });
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->ok) return fail(ErrorCode::kFailed, answer->error);
  return answer->state;
}

Result<std::string> exchange(http::Transport& transport, const std::filesystem::path& socket,
                             const PowerQuestion& question, Duration timeout,
                             Coroutine& coroutine) {
  std::error_code error = transport.connect_local(socket, timeout, coroutine);
  if (!error) error = transport.write({encode(question)}, timeout, coroutine);
  std::string line;
  std::array<char, kPowerLineBytesMax> bytes;
  while (!error && line.find('\n') == std::string::npos && line.size() < kPowerLineBytesMax) {
    const http::Transfer got = transport.read_some(bytes.data(), bytes.size(), timeout, coroutine);
    error = got.error;
    if (!error && got.bytes == 0) break;
    line.append(bytes.data(), got.bytes);
  }
  if (!error) return decode_answer(line);
  return fail(error == std::errc::timed_out ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
              fmt::format("the power switch at '{}' does not answer ({}): is 'hearth dev' running?",
                          socket.string(), error.message()));
}

}  // namespace

Result<PowerAction> parse_power_action(std::string_view text) {
  return value_of(kActions, text);
}
std::string_view name_of(PowerAction action) {
  return word_of(kActions, action);
}

Result<PowerQuestion> decode_power_question(std::string_view line) {
  return decode_json(line, kLimits, ErrorCode::kInvalidArgument,
                     [](JsonObject& in) -> std::optional<PowerQuestion> {
                       const auto action = in.required("action").parsed(parse_power_action);
                       auto node = in.required("node").parsed(&NodeName::parse);
                       if (!action || !node) return std::nullopt;
                       return PowerQuestion{*action, *std::move(node)};
                     });
}

std::string encode(const PowerQuestion& question) {
  JsonWriter out;
  out.begin_object()
      .field("action", name_of(question.action))
      .field("node", question.node.str())
      .end_object();
  return std::move(out).text() + "\n";
}

std::string encode_power_answer(const Result<std::string>& state) {
  JsonWriter out;
  out.begin_object().field("ok", state.has_value());
  if (state) {
    out.field("state", *state);
  } else {
    out.field("error", state.error().message);
  }
  out.end_object();
  return std::move(out).text() + "\n";
}

Result<std::string> ask_power(const std::filesystem::path& socket, const PowerQuestion& question,
                              Duration timeout) {
  boost::asio::io_context loop(1);
  std::optional<Result<std::string>> answer;
  start_coroutine(loop, [&](Coroutine& coroutine) {
    http::Transport transport(loop);
    answer = exchange(transport, socket, question, timeout, coroutine);
    transport.close();
  });
  loop.run();
  HEARTH_CHECK(answer.has_value());
  return *std::move(answer);
}

}  // namespace hearth::cli
