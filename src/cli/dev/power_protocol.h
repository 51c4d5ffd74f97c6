#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

/// How somebody switches a dev node's power: one line of JSON each way over a unix socket.
///
///     {"action":"off","node":"node-2"}
///     {"ok":true,"state":"off"}          or {"ok":false,"error":"…"}
///
/// hearthd speaks it too (adapters/power/dev_power_driver.h), with `off` and `on` alone.
namespace hearth::cli {

enum class PowerAction : std::uint8_t {
  kOff,  ///< The node's agent and containers are killed.
  kOn,   ///< A new life begins; nothing happens if it is on.
  kStatus,
  kFreeze,  ///< Agent and containers hang, as on a machine whose kernel does.
  kThaw,
};

Result<PowerAction> parse_power_action(std::string_view text);
std::string_view name_of(PowerAction action);

struct PowerQuestion {
  PowerAction action = PowerAction::kStatus;
  NodeName node;
};

inline constexpr std::size_t kPowerLineBytesMax = 4096;

Result<PowerQuestion> decode_power_question(std::string_view line);
/// With the line's end.
std::string encode(const PowerQuestion& question);
/// `state`: "on" or "off".
std::string encode_power_answer(const Result<std::string>& state);

/// Asks and waits, up to `timeout`. kFailed: what the other side says; kUnavailable: nobody
/// listens.
Result<std::string> ask_power(const std::filesystem::path& socket, const PowerQuestion& question,
                              Duration timeout);

}  // namespace hearth::cli
