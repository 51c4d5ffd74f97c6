#include "wire/workload_request_codec.h"

#include "stable_form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  check_stable_form(text_of(data, size), decode_workload_request,
                    [](const WorkloadSpec& value) { return encode_workload_request(value); });
  return 0;
}
