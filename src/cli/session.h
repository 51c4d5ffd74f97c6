#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/client/api_client.h"
#include "cli/terminal/terminal.h"

namespace hearth::cli {

/// What a command finds around it. One per process; tests make their own.
struct Session {
  Terminal& terminal;
  /// A variable of the environment; nullopt if it is not set or empty.
  std::function<std::optional<std::string>(const char* name)> variable;
  std::function<WallTime()> now;

  /// Where the manager is and with which token, from the first that says so: the flags,
  /// HEARTH_MANAGER and HEARTH_TOKEN, `hearth/config.json` in XDG_CONFIG_HOME (else `~/.config`),
  /// http://127.0.0.1:7700 without a token. Errors name the place that is wrong.
  Result<ApiClient> connect(const ConnectionArguments& arguments) const;

  static Session of_process(Terminal& terminal);
};

}  // namespace hearth::cli
