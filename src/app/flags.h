#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace hearth {

/// One long option of a daemon. All take a value.
struct Flag {
  std::string name;   ///< Without the dashes.
  std::string value;  ///< What stands for its value in the help: "HOST:PORT".
  std::string help;
  std::function<Result<void>(const std::string& value)> take;
};

enum class FlagsEnd : std::uint8_t { kRun, kHelpShown };

/// Reads a daemon's command line; `about` is the help's first paragraph, `examples` its last.
/// kInvalidArgument names the flag, what is wrong with it and what would be right.
Result<FlagsEnd> parse_flags(int argc, char** argv, const std::string& about,
                             const std::vector<Flag>& flags, const std::string& examples);

}  // namespace hearth
