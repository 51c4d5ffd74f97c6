#include "core/probe_watch/probe_words.h"

#include <fmt/format.h>

#include "base/duration_text.h"

namespace hearth::core {
namespace {

std::string in_a_row(std::uint32_t times) {
  return times > 1 ? fmt::format(", {} times in a row", times) : "";
}

}  // namespace

std::string words_of_failures(ProbeKind probe, const ProbeCheck& check,
                              const ProbeFailures& failures) {
  const std::string what = fmt::format("{} {}", words_of(check), failures.words);
  if (failures.alike == failures.count) {
    return fmt::format("its {} probe fails: {}{}", name_of(probe), what, in_a_row(failures.count));
  }
  return fmt::format("its {} probe fails{}: the last time, {}", name_of(probe),
                     in_a_row(failures.count), what);
}

std::string words_of_not_run(ProbeKind probe, std::uint32_t times, std::string_view because) {
  return fmt::format("its {} probe could not be run{}: {}", name_of(probe), in_a_row(times),
                     because);
}

std::string words_of_timeout(Duration timeout) {
  return fmt::format("timed out after {}", show_duration(timeout));
}

}  // namespace hearth::core
