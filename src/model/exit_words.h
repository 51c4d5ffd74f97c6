#pragma once

#include <string>
#include <string_view>

#include "model/instance.h"

namespace hearth {

/// How a container ended, as a sentence without its full stop: "it ended with exit code 137
/// (SIGKILL: killed, out of memory at a limit of 32.0 MiB)".
///
/// An exit code above 128 means a signal by convention alone: runtimes report a signal in that way,
/// and programs also use it to pass on how a child ended.
std::string describe(const ContainerExit& exit, std::string_view subject = "it");

}  // namespace hearth
