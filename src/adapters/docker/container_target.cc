#include "adapters/docker/container_target.h"

#include <fmt/format.h>

#include "wire/percent_coding.h"

namespace hearth::docker {

std::string container_target(const ContainerId& container, std::string_view verb) {
  return fmt::format("/containers/{}{}", percent_encode(container.str()), verb);
}

std::string container_words(std::string_view verb, const ContainerId& container) {
  return fmt::format("{} container '{}'", verb, container.str().substr(0, 12));
}

}  // namespace hearth::docker
