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

/// The environment of a command. One per process; tests make their own.
struct Session {
  Terminal& terminal;
  /// An environment variable; nullopt if it is unset or empty.
  std::function<std::optional<std::string>(const char* name)> variable;
  std::function<WallTime()> now;
  std::string user = {};  ///< Who runs the command: "name@host". Empty: not said.

  /// Takes the manager's address and the token from the first source that sets them: the flags,
  /// HEARTH_MANAGER and HEARTH_TOKEN, `hearth/config.json` in XDG_CONFIG_HOME (else `~/.config`),
  /// and last http://127.0.0.1:7700 without a token. Errors name the wrong source.
  Result<ApiClient> connect(const ConnectionArguments& arguments) const;

  static Session of_process(Terminal& terminal);
};

}  // namespace hearth::cli
