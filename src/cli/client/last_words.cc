#include "cli/client/last_words.h"

#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "cli/terminal/terminal.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

constexpr auto kWait = std::chrono::seconds(3);
constexpr std::size_t kBytesMax = 64 * 1024;
constexpr std::size_t kColumnsMax = 500;

}  // namespace

std::string log_end(const ApiClient& api, const std::string& instance, LogOf of) {
  std::string text;
  const auto give_up = std::chrono::steady_clock::now() + kWait;
  const ChunkSink sink = [&](std::string_view bytes) {
    text += bytes;
    return text.size() < kBytesMax;
  };
  const Result<void> ended =
      api.stream(fmt::format("/v1/instances/{}/logs?tail={}{}", percent_encode(instance),
                             kLastWordsMax, of == LogOf::kPrevious ? "&previous=1" : ""),
                 {}, sink, {.interval = std::chrono::milliseconds(250), .go_on = [&] {
                              return std::chrono::steady_clock::now() < give_up;
                            }});
  return ended ? text : std::string();
}

std::vector<std::string> last_lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(
        shortened(printable(std::string_view(text).substr(begin, end - begin)), kColumnsMax));
    begin = end + 1;
  }
  if (lines.size() > kLastWordsMax) lines.erase(lines.begin(), lines.end() - kLastWordsMax);
  return lines;
}

}  // namespace hearth::cli
