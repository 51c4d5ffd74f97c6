#include "adapters/probe/http_probe.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "adapters/http/message_head.h"
#include "base/version.h"
#include "wire/endpoint_text.h"

namespace hearth::probe {
namespace {

bool is_same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

std::string target_of(const std::string& path) {
  constexpr unsigned char kDelete = 0x7f;
  std::string target = path.starts_with('/') ? "" : "/";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= kDelete || c == '#') {
      target += fmt::format("%{:02X}", byte);
    } else {
      target += c;
    }
  }
  return target;
}

}  // namespace

std::string request_of(const HttpCheck& check, const Endpoint& server) {
  http::HeadWriter head = http::HeadWriter::request("GET", target_of(check.path));
  const auto field_unless_given = [&](std::string_view name, std::string_view value) {
    const bool is_given = std::ranges::any_of(
        check.headers, [name](const auto& header) { return is_same_name(header.first, name); });
    if (!is_given) head.field(name, value);
  };
  field_unless_given("Host", show_endpoint(server));
  field_unless_given("User-Agent", fmt::format("hearth/{}", version()));
  field_unless_given("Accept", "*/*");
  field_unless_given("Connection", "close");
  for (const auto& [name, value] : check.headers) head.field(name, value);
  return head.finish();
}

}  // namespace hearth::probe
