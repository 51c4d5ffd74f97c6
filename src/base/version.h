#pragma once

#include <string_view>

namespace hearth {

/// "0.1.0": the project version, defined in CMakeLists.txt and nowhere else.
std::string_view version();

}  // namespace hearth
