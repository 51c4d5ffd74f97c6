#include "wire/exit_fields.h"

#include <algorithm>

#include "base/duration_text.h"
#include "base/shortened.h"
#include "wire/heartbeat_codec.h"
#include "wire/model_fields.h"

namespace hearth::wire {
namespace {

constexpr std::uint16_t kExitCodeMax = 255;

OutOfMemory read_out_of_memory(JsonObject& in) {
  const bool main = in.optional("out_of_memory").boolean().value_or(false);
  const bool child = in.optional("child_out_of_memory").boolean().value_or(false);
  if (main) return OutOfMemory::kMain;
  return child ? OutOfMemory::kChild : OutOfMemory::kNo;
}

}  // namespace

void write_exit(JsonWriter& out, const ContainerExit& exit, LastWords words) {
  out.begin_object();
  out.field("code", static_cast<std::uint16_t>(std::clamp<int>(exit.code, 0, kExitCodeMax)));
  out.field("out_of_memory", exit.out_of_memory == OutOfMemory::kMain);
  if (exit.out_of_memory == OutOfMemory::kChild) out.field("child_out_of_memory", true);
  out.field_if_known("memory_limit_bytes", exit.memory_limit_bytes);
  out.field_if_known("memory_peak_bytes", exit.memory_peak_bytes);
  if (words == LastWords::kWritten) {
    out.field_if_known("last_words", shortened(exit.last_words, kReasonBytesMax));
  }
  out.field("at", time_text(exit.at)).end_object();
}

std::optional<ContainerExit> read_exit(const JsonValue& value) {
  JsonObject in = value.object();
  return ContainerExit{
      .code = in.required("code").number<std::uint16_t>(0, kExitCodeMax).value_or(0),
      .out_of_memory = read_out_of_memory(in),
      .at = in.required("at").parsed(parse_time).value_or(WallTime()),
      .memory_limit_bytes = in.optional("memory_limit_bytes").number<std::uint64_t>(),
      .memory_peak_bytes = in.optional("memory_peak_bytes").number<std::uint64_t>(),
      .last_words = text_up_to(kReasonBytesMax, in.optional("last_words"))};
}

}  // namespace hearth::wire
