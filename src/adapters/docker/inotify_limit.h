#pragma once

#include <filesystem>
#include <string>

namespace hearth::docker {

/// In words, that the kernel lets the engine watch fewer logs with inotify than can be followed at
/// once, and what to do about it; empty if it lets it, or does not say.
///
/// The engine takes an instance of inotify for each `json-file` log that is followed. A log beyond
/// the bound is followed, but its lines come later (docs/internals/following_logs.md). `proc`: the
/// kernel's files, of the machine on which the engine runs.
std::string inotify_warning(const std::filesystem::path& proc);

}  // namespace hearth::docker
