#pragma once

#include <memory>

#include "cli/command.h"

namespace hearth::cli {

std::unique_ptr<Command> make_dev_command();
std::unique_ptr<Command> make_dev_power_command();
std::unique_ptr<Command> make_dev_fence_command();

}  // namespace hearth::cli
