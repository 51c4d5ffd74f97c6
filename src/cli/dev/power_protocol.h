#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

/// How a dev node's power is switched: the contract of the fence agents, as in
/// docs/reference/power.md, over a unix socket. The question is the input of a power program,
/// followed by an empty line; the answer is its exit code, followed by a space and its output:
///
///     action=off⏎port=node-2⏎⏎
///     0 off⏎                        or  1 there is no dev node 'node-9'⏎
///
/// `hearth dev fence` is the power program that hearthd runs; it forwards its input to this socket.
namespace hearth::cli {

enum class PowerAction : std::uint8_t {
  kOff,  ///< The node's agent and containers are killed.
  kOn,   ///< The node boots again; nothing happens if it is on.
  kStatus,
  kFreeze,  ///< Agent and containers hang, as with a hung kernel. Not in the contract.
  kThaw,    ///< They continue. Not in the contract.
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

/// Ignores unknown options, as the contract requires.
Result<PowerQuestion> decode_power_question(std::string_view text);
/// Includes the empty line.
std::string encode(const PowerQuestion& question);
std::string encode_power_answer(PowerAction asked, const Result<PowerState>& state);

/// The exit code of a power program that was asked for `asked` and found `state`. A failure is 1.
int power_exit_code(PowerAction asked, PowerState state);

/// Asks and waits, up to `timeout`. kFailed: the other side's message; kUnavailable: nothing
/// listens on the socket.
Result<PowerState> ask_power(const std::filesystem::path& socket, const PowerQuestion& question,
                             Duration timeout);

}  // namespace hearth::cli
