#include "wire/server_details.h"

#include "stable_form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = hearth::parse_server_details(hearth::text_of(data, size));
  HEARTH_CHECK(entries.has_value() || !entries.error().message.empty());
  return 0;
}
