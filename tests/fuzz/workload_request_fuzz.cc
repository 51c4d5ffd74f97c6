#include "stable_form.h"
#include "wire/workload_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const std::string_view text = text_of(data, size);
  static const WorkloadName kName = WorkloadName::parse("heater").value();
  const auto decode = [](std::string_view document) {
    return decode_workload_request(document, kName);
  };
  check_stable_form(text, decode, encode_workload);
  check_stable_form(text, decode_stored_workload, encode_workload);
  // What was accepted as a request is also read once it is stored.
  HEARTH_CHECK(!decode(text) || decode(text) == decode_stored_workload(text));
  return 0;
}
