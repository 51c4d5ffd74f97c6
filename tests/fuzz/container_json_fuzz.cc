#include "adapters/docker/container_codec.h"
#include "stable_form.h"

namespace {

using namespace hearth;

/// A value, or a reason.
template <class T>
bool has_outcome(const Result<T>& result) {
  return result.has_value() || !result.error().message.empty();
}

}  // namespace

/// What a Docker engine answers about containers and images, or whatever answers in its place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const auto details = docker::decode_details(text);
  HEARTH_CHECK(has_outcome(details));
  if (details) {
    HEARTH_CHECK(details->pid >= 0);
    HEARTH_CHECK(details->details.health_output.size() <= 2 * 1024);
  }
  const auto exit = docker::decode_exit(text);
  HEARTH_CHECK(has_outcome(exit));
  if (exit && *exit) HEARTH_CHECK((*exit)->code >= 0 && (*exit)->code <= 255);
  const auto usage = docker::decode_usage(text);
  HEARTH_CHECK(has_outcome(usage));
  if (usage && usage->cpu_time) HEARTH_CHECK(*usage->cpu_time >= Duration::zero());
  const auto list = docker::decode_container_list(text);
  HEARTH_CHECK(has_outcome(list));
  if (list) {
    for (const Container& container : list->containers) HEARTH_CHECK(!container.id.str().empty());
  }
  HEARTH_CHECK(has_outcome(docker::decode_exec(text)));
  HEARTH_CHECK(has_outcome(docker::decode_new_id(text)));
  HEARTH_CHECK(has_outcome(docker::decode_image_id(text)));
  HEARTH_CHECK(has_outcome(docker::decode_image_list(text)));
  HEARTH_CHECK(has_outcome(docker::choose_api_version(text)));
  (void)docker::decode_data_root(text);
  HEARTH_CHECK(!docker::refusal(409, text, "start a container").message.empty());
  return 0;
}
