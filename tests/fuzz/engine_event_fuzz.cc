#include "adapters/docker/engine_codec.h"
#include "stable_form.h"

/// Lines of a Docker engine's events, and of the progress of a build.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const std::string_view text = text_of(data, size);
  static const docker::ContainerOwner kOwner{.node = *NodeName::parse("node1")};
  const auto event = docker::decode_event(kOwner, text);
  if (!event) HEARTH_CHECK(!event.error().message.empty());
  if (event && *event) {
    const docker::EngineEvent& one = **event;
    HEARTH_CHECK(one.exit_code >= 0 && one.exit_code <= 255);
    HEARTH_CHECK(one.signal >= 0 && one.signal <= 64);
    (void)docker::events_target(one.at);
  }
  const auto progress = docker::decode_progress(text);
  if (!progress) HEARTH_CHECK(!progress.error().message.empty());
  HEARTH_CHECK(!docker::failure(text, "build an image").message.empty());
  return 0;
}
