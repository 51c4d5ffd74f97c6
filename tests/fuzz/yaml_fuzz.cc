#include "adapters/yaml/yaml_document.h"
#include "stable_form.h"
#include "wire/json_reader.h"

// What is accepted is JSON that can be read, and it reads as itself; every fault and every path has
// a place within the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const std::string_view text = text_of(data, size);
  const YamlOptions options{.texts_below = {"environment"}};
  const auto document = YamlDocument::parse(text, options);
  if (!document) {
    HEARTH_CHECK(!document.error().empty());
    for (const TextFault& fault : document.error()) {
      HEARTH_CHECK(!fault.what.empty());
      (void)show_line(text, fault.place);
    }
    return 0;
  }
  const auto again = YamlDocument::parse(document->json(), {.bytes_max = kYamlJsonBytesMax});
  HEARTH_CHECK(again && again->json() == document->json());
  const auto faults = read_json(document->json(), {.bytes_max = kYamlJsonBytesMax},
                                [](JsonObject& in) { in.refuse_unknown(); });
  for (const JsonFault& fault : faults) {
    HEARTH_CHECK(!fault.what.starts_with("invalid JSON"));
    HEARTH_CHECK(document->place_of(fault.path).line >= 1);
  }
  return 0;
}
