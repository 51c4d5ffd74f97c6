#include "cli/dev/dev_state.h"

namespace hearth::cli {

Result<std::filesystem::path> dev_state_folder(const std::filesystem::path& given,
                                               const Session& session) {
  if (!given.empty()) return given;
  if (const auto folder = session.variable("XDG_STATE_HOME")) {
    return std::filesystem::path(*folder) / "hearth" / "dev";
  }
  if (const auto home = session.variable("HOME")) {
    return std::filesystem::path(*home) / ".local" / "state" / "hearth" / "dev";
  }
  return fail(ErrorCode::kInvalidArgument,
              "HOME is not set: give the state folder with --state DIR");
}

}  // namespace hearth::cli
