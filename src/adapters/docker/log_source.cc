#include "adapters/docker/log_source.h"

#include <cctype>
#include <charconv>
#include <limits>

#include <boost/json.hpp>

namespace hearth::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 32;
/// Of the driver `local`, which always rotates.
constexpr std::string_view kLocalFileSize = "20m";

const json::value& member(const json::value& in, std::string_view key) {
  static const json::value kNone;
  const json::object* object = in.if_object();
  const json::value* found = object ? object->if_contains({key.data(), key.size()}) : nullptr;
  return found ? *found : kNone;
}

std::string text_in(const json::value& in, std::string_view key) {
  const json::string* text = member(in, key).if_string();
  return text ? std::string(text->data(), text->size()) : std::string();
}

bool flag_in(const json::value& in, std::string_view key) {
  const bool* flag = member(in, key).if_bool();
  return flag && *flag;
}

}  // namespace

Result<LogSource> decode_log_source(std::string_view answer) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code ec;
  const json::value parsed = json::parse(json::string_view(answer.data(), answer.size()), ec,
                                         json::storage_ptr(), options);
  const json::value& state = member(parsed, "State");
  if (ec || !member(state, "Running").is_bool()) {
    return fail(ErrorCode::kCorrupt,
                "the Docker engine sent an answer about a container without its state");
  }
  const json::value& log = member(member(parsed, "HostConfig"), "LogConfig");
  std::string size = text_in(member(log, "Config"), "max-size");
  const std::string type = text_in(log, "Type");
  if (size.empty() && type == "local") size = kLocalFileSize;
  const auto bytes = parse_size(size);
  // With one file only, it starts from nothing whenever it is full.
  const auto files = parse_size(text_in(member(log, "Config"), "max-file")).value_or(1);
  const bool known = type == "json-file" && bytes && files > 1 && files < 1000;
  return LogSource{.running = flag_in(state, "Running"),
                   .terminal = flag_in(member(parsed, "Config"), "Tty"),
                   .run = text_in(state, "StartedAt") + " " + text_in(state, "FinishedAt"),
                   .file_bytes_max = bytes,
                   // A file ends a line before its bound.
                   .whole_bytes_max =
                       known ? std::optional((files - 1) * (*bytes - *bytes / 16)) : std::nullopt};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc()) return std::nullopt;
  std::string unit;
  for (const char letter : text.substr(static_cast<std::size_t>(end - text.data()))) {
    if (letter != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  if (unit.ends_with("ib")) unit.resize(unit.size() - 2);
  if (unit.ends_with('b')) unit.pop_back();
  constexpr std::string_view kUnits = "kmgtp";
  if (unit.size() > 1) return std::nullopt;
  const std::size_t power = unit.empty() ? 0 : kUnits.find(unit) + 1;
  if (!unit.empty() && power == 0) return std::nullopt;  // npos + 1.
  for (std::size_t i = 0; i < power; ++i) {
    if (number > std::numeric_limits<std::uint64_t>::max() / 1024) return std::nullopt;
    number *= 1024;
  }
  // The engine takes "0" and less for "no bound".
  return number == 0 ? std::nullopt : std::optional(number);
}

}  // namespace hearth::docker
