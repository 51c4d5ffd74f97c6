#include <algorithm>
#include <string>

#include "adapters/docker/log_lines.h"
#include "stable_form.h"

namespace {

using namespace hearth;
using docker::LogLines;

/// Everything that comes out of a log stream read in pieces of `size`.
std::string read(LogLines::Format format, std::string_view bytes, std::size_t size) {
  LogLines lines(format);
  std::string out;
  const auto take = [&](const LogLine& line) {
    HEARTH_CHECK(line.text.size() <= kLogLineBytesMax);
    HEARTH_CHECK(line.text.find('\n') == std::string_view::npos);
    HEARTH_CHECK(line.stream != LogStream::kAny);
    out += line.stream == LogStream::kStderr ? "e" : "o";
    out += std::to_string(line.stamp) + (line.truncated ? "+" : " ");
    out += std::string(line.text) + "\n";
    return true;
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    const auto fed = lines.feed(bytes.substr(0, size), take);
    if (fed) continue;
    HEARTH_CHECK(!fed.error().message.empty());
    return out + "corrupt";
  }
  lines.finish(take);
  return out + lines.trouble();
}

}  // namespace

/// The stream of a followed log, with and without frames: any bytes make lines within the bounds,
/// and the same lines however they arrive.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = text_of(data, size);
  for (const auto format : {LogLines::Format::kFrames, LogLines::Format::kTerminal}) {
    const std::string whole = read(format, bytes, SIZE_MAX);
    HEARTH_CHECK(read(format, bytes, bytes.size() < 4096 ? 1 : 61) == whole);
    HEARTH_CHECK(read(format, bytes, 4093) == whole);
  }
  return 0;
}
