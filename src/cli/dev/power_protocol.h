#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

/// How somebody switches a dev node's power: the contract of the fence agents, which
/// docs/reference/power.md tells, over a unix socket. The question is what a power program reads,
/// with an empty line behind it; the answer is its exit code, and behind a space its words:
///
///     action=off⏎port=node-2⏎⏎
///     0 off⏎                        or  1 there is no dev node 'node-9'⏎
///
/// `hearth dev fence` is the power program that hearthd runs. What it was told it asks here.
namespace hearth::cli {

enum class PowerAction : std::uint8_t {
  kOff,  ///< The node's agent and containers are killed.
  kOn,   ///< It boots anew; nothing happens if it is on.
  kStatus,
  kFreeze,  ///< Agent and containers hang, as on a machine whose kernel does. Ours alone.
  kThaw,    ///< Likewise.
};

Result<PowerAction> parse_power_action(std::string_view text);
std::string_view name_of(PowerAction action);

enum class PowerState : std::uint8_t { kOn, kOff };
std::string_view name_of(PowerState state);

struct PowerQuestion {
  PowerAction action = PowerAction::kStatus;
  NodeName node;
};

inline constexpr std::size_t kPowerTextBytesMax = 4096;

/// Options that it does not know it ignores, as the contract has it.
Result<PowerQuestion> decode_power_question(std::string_view text);
/// With the empty line.
std::string encode(const PowerQuestion& question);
std::string encode_power_answer(PowerAction asked, const Result<PowerState>& state);

/// The exit code of a power program that was asked `asked` and found this. What went wrong is 1.
int power_exit_code(PowerAction asked, PowerState state);

/// Asks and waits, up to `timeout`. kFailed: what the other side says; kUnavailable: nobody
/// listens.
Result<PowerState> ask_power(const std::filesystem::path& socket, const PowerQuestion& question,
                             Duration timeout);

}  // namespace hearth::cli
