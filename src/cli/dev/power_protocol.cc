#include "cli/dev/power_protocol.h"

#include <algorithm>
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

namespace hearth::cli {
namespace {

constexpr std::array<EnumName<PowerAction>, 5> kActions{{
    {PowerAction::kOff, "off"},
    {PowerAction::kOn, "on"},
    {PowerAction::kStatus, "status"},
    {PowerAction::kFreeze, "freeze"},
    {PowerAction::kThaw, "thaw"},
}};
constexpr std::array<EnumName<PowerState>, 2> kStates{{
    {PowerState::kOn, "on"},
    {PowerState::kOff, "off"},
}};

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kIsOff = 2;

Result<PowerState> decode_answer(std::string_view answer) {
  const std::string_view line = answer.substr(0, answer.find('\n'));
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view words = line.substr(std::min(space + 1, line.size()));
  if (line.substr(0, space) == std::to_string(kFailed)) {
    return fail(ErrorCode::kFailed, std::string(words));
  }
  return value_of(kStates, words).map_error([&](const Error&) {
    return Error{ErrorCode::kCorrupt, fmt::format("not an answer of a power switch: '{}'", line)};
  });
}

Result<PowerState> exchange(http::Transport& transport, const std::filesystem::path& socket,
                            const PowerQuestion& question, Duration timeout, Coroutine& coroutine) {
  std::error_code error = transport.connect_local(socket, timeout, coroutine);
  if (!error) error = transport.write({encode(question)}, timeout, coroutine);
  std::string line;
  std::array<char, kPowerTextBytesMax> bytes;
  while (!error && line.find('\n') == std::string::npos && line.size() < kPowerTextBytesMax) {
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

std::string_view name_of(PowerState state) {
  return word_of(kStates, state);
}

Result<PowerQuestion> decode_power_question(std::string_view text) {
  std::string_view action;
  std::string_view port;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view value = line.substr(std::min(equals + 1, line.size()));
    if (line.substr(0, equals) == "action") action = value;
    if (line.substr(0, equals) == "port") port = value;
  }
  const Result<PowerAction> parsed = parse_power_action(action);
  if (!parsed) return fail(ErrorCode::kInvalidArgument, "action: " + parsed.error().message);
  Result<NodeName> node = NodeName::parse(port);
  if (!node) return fail(ErrorCode::kInvalidArgument, "port: " + node.error().message);
  return PowerQuestion{*parsed, *std::move(node)};
}

std::string encode(const PowerQuestion& question) {
  return fmt::format("action={}\nport={}\n\n", name_of(question.action), question.node.str());
}

int power_exit_code(PowerAction asked, PowerState state) {
  return asked == PowerAction::kStatus && state == PowerState::kOff ? kIsOff : kDone;
}

std::string encode_power_answer(PowerAction asked, const Result<PowerState>& state) {
  if (state) return fmt::format("{} {}\n", power_exit_code(asked, *state), name_of(*state));
  std::string words = state.error().message;
  std::replace(words.begin(), words.end(), '\n', ' ');
  return fmt::format("{} {}\n", kFailed, words);
}

Result<PowerState> ask_power(const std::filesystem::path& socket, const PowerQuestion& question,
                             Duration timeout) {
  boost::asio::io_context loop(1);
  std::optional<Result<PowerState>> answer;
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
