#include "wire/watch_memory_codec.h"

#include "stable_form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  check_stable_form(text_of(data, size), decode_watch_memory,
                    [](const WatchMemory& value) { return encode(value).value(); });
  return 0;
}
