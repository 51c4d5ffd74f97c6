#include "adapters/docker/engine_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace hearth::docker {
namespace {

constexpr int kExitCodeMax = 255;
constexpr std::size_t kDepthMax = 32;

}  // namespace

tl::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, fmt::format("the Docker engine sent {}", what));
}

Result<json::value> parse(std::string_view text, std::string_view what) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code ec;
  json::value value =
      json::parse(json::string_view(text.data(), text.size()), ec, json::storage_ptr(), options);
  if (ec) return corrupt(fmt::format("{} that is not JSON", what));
  return value;
}

const json::value* member(const json::value* in, std::string_view key) {
  const json::object* object = in ? in->if_object() : nullptr;
  return object ? object->if_contains({key.data(), key.size()}) : nullptr;
}

const json::value* member(const json::value& in, std::string_view key) {
  return member(&in, key);
}

std::string_view text_of(const json::value* value) {
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string_view{text->data(), text->size()} : std::string_view{};
}

std::string_view text_in(const json::value& in, std::string_view key) {
  return text_of(member(in, key));
}

std::string_view text_in(const json::value* in, std::string_view key) {
  return text_of(member(in, key));
}

bool flag_in(const json::value* in, std::string_view key) {
  const json::value* flag = member(in, key);
  return flag && flag->is_bool() && flag->get_bool();
}

int exit_code_of(std::int64_t code) {
  return code < 0 || code > kExitCodeMax ? kExitCodeMax : static_cast<int>(code);
}

std::optional<int> exit_code_in(const json::value* in, std::string_view key) {
  const std::optional<std::uint64_t> code = count_in(in, key);
  if (!code) return std::nullopt;
  return static_cast<int>(std::min<std::uint64_t>(*code, kExitCodeMax));
}

std::optional<std::uint64_t> count_in(const json::value* in, std::string_view key) {
  const json::value* count = member(in, key);
  if (!count) return std::nullopt;
  if (count->is_uint64()) return count->get_uint64();
  if (!count->is_int64() || count->get_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(count->get_int64());
}

std::optional<WallTime> parse_go_time(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z' || text[10] != 'T') return std::nullopt;
  const auto year = number<int>(text.substr(0, 4));
  const auto month = number<unsigned>(text.substr(5, 2));
  const auto day = number<unsigned>(text.substr(8, 2));
  const auto hour = number<int>(text.substr(11, 2));
  const auto minute = number<int>(text.substr(14, 2));
  const auto second = number<int>(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  std::string millis(text.substr(19, text.size() - 20));  // ".123456789" or nothing.
  if (!millis.empty()) millis = (millis.substr(1) + "000").substr(0, 3);
  const auto fraction = millis.empty() ? 0 : number<int>(millis);
  if (!fraction) return std::nullopt;
  const auto since_epoch = std::chrono::sys_days(date).time_since_epoch() +
                           std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                           std::chrono::seconds(*second) + std::chrono::milliseconds(*fraction);
  return WallTime(since_epoch);
}

}  // namespace hearth::docker
