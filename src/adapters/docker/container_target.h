#pragma once

#include <string>
#include <string_view>

#include "model/ids.h"

namespace hearth::docker {

/// The target of a request about one container: "/containers/ID/start".
std::string container_target(const ContainerId& container, std::string_view verb);
/// For messages: "start container '0123456789ab'".
std::string container_words(std::string_view verb, const ContainerId& container);

}  // namespace hearth::docker
