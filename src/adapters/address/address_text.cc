#include "adapters/address/address_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>

#include <fmt/format.h>

#include "wire/endpoint_text.h"

namespace hearth {
namespace {

constexpr std::size_t kTopicPrefixBytesMax = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_address_of(int family, const std::string& text) {
  in6_addr address{};
  return text.find('\0') == std::string::npos && inet_pton(family, text.c_str(), &address) == 1;
}

/// With or without a zone after '%'.
bool is_ipv6(std::string_view text) {
  const std::size_t percent = text.find('%');
  const bool zone_fits = percent == std::string_view::npos || is_name(text.substr(percent + 1));
  return zone_fits && is_address_of(AF_INET6, std::string(text.substr(0, percent)));
}

/// Who listens at an address.
enum class Listener : std::uint8_t { kOurselves, kSomebodyElse };

/// The host, or what is wrong with it.
Result<std::string> parse_host(std::string_view text, bool in_brackets, Listener listener) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' {}", text, why));
  };
  if (text.empty()) return fail(ErrorCode::kInvalidArgument, "the host is missing");
  std::string host(text);
  if (in_brackets) {
    return is_ipv6(text) ? Result<std::string>(host) : refuse("is not an IPv6 address");
  }
  if (is_address_of(AF_INET, host)) return host;
  if (is_ipv6(text)) return refuse("is an IPv6 address and needs brackets");
  if (!is_name(text)) return refuse("is neither an IP address nor a host name");
  if (listener == Listener::kOurselves) return refuse("is not an IP address");
  return host;
}

Result<std::uint16_t> parse_port(std::string_view text, Listener listener) {
  const std::uint16_t low = listener == Listener::kOurselves ? 0 : 1;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, port);
  if (ec == std::errc() && rest == end && port >= low) return port;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the port '{}' is not a number from {} to 65535", text, low));
}

/// The only reader of HOST:PORT. Its error says only what is wrong. `port_default`, if given,
/// applies where the port is missing.
Result<Endpoint> parse_host_port(std::string_view text, Listener listener,
                                 std::optional<std::uint16_t> port_default = std::nullopt) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const bool in_brackets = bracket != std::string_view::npos;
  if (text.starts_with('[') && !in_brackets) {
    return fail(ErrorCode::kInvalidArgument, "'[' has no matching ']'");
  }
  // Several colons: an IPv6 address without brackets, which parse_host() then reports.
  const bool bare_ipv6 = !in_brackets && is_ipv6(text);
  const std::size_t colon = in_brackets ? bracket + 1
                            : bare_ipv6 ? text.size()
                                        : std::min(text.rfind(':'), text.size());
  const std::string_view host = in_brackets ? text.substr(1, bracket - 1) : text.substr(0, colon);
  const Result<std::string> address = parse_host(host, in_brackets, listener);
  if (!address) return tl::unexpected(address.error());
  if (colon == text.size()) {
    if (port_default) return Endpoint{.address = *address, .port = *port_default};
    return fail(ErrorCode::kInvalidArgument, "the port is missing");
  }
  if (text[colon] != ':') {
    return fail(ErrorCode::kInvalidArgument, "only ':' and a port may follow ']'");
  }
  const Result<std::uint16_t> port = parse_port(text.substr(colon + 1), listener);
  if (!port) return tl::unexpected(port.error());
  return Endpoint{.address = *address, .port = *port};
}

tl::unexpected<Error> refuse(std::string_view right, std::string_view wrong) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("must be {} ({})", right, wrong));
}

/// The brokers in order, or what is wrong with the first invalid one.
Result<std::vector<Endpoint>> parse_brokers(std::string_view text) {
  std::vector<Endpoint> brokers;
  while (true) {
    const std::size_t comma = text.find(',');
    Result<Endpoint> broker = parse_host_port(text.substr(0, comma), Listener::kSomebodyElse);
    if (!broker) return tl::unexpected(broker.error());
    brokers.push_back(*std::move(broker));
    if (comma == std::string_view::npos) return brokers;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<Endpoint> parse_listen_address(std::string_view text) {
  Result<Endpoint> endpoint = parse_host_port(text, Listener::kOurselves);
  if (endpoint) return endpoint;
  return refuse(
      "an IP address and a port, such as \"127.0.0.1:7700\", \"[::1]:7700\" or \"0.0.0.0:7700\"",
      endpoint.error().message);
}

std::vector<Endpoint> brokers_of(std::string_view bootstrap) {
  return parse_brokers(bootstrap).value_or(std::vector<Endpoint>());
}

Result<std::string> parse_kafka_brokers(std::string_view text) {
  const auto brokers = parse_brokers(text);
  if (brokers) return std::string(text);
  return refuse("HOST:PORT, such as \"kafka.example:9092\"; several are separated by commas",
                brokers.error().message);
}

Result<std::string> parse_kafka_bootstrap(std::string_view text) {
  if (text == kEmbeddedKafka) return std::string(text);
  const auto brokers = parse_brokers(text);
  if (brokers) return std::string(text);
  return refuse(
      "\"embedded\" or HOST:PORT, such as \"kafka.example:9092\"; several are separated by commas",
      brokers.error().message);
}

Result<std::string> parse_topic_prefix(std::string_view text) {
  if (text.size() <= kTopicPrefixBytesMax && is_name(text)) return std::string(text);
  return fail(ErrorCode::kInvalidArgument,
              "must be 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', such as \"hearth.\"");
}

Result<Endpoint> parse_manager_url(std::string_view text) {
  constexpr std::string_view kRight = "http://HOST:PORT, such as \"http://127.0.0.1:7700\"";
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://")) {
    return refuse(kRight, "https is not supported");
  }
  if (!text.starts_with(kScheme)) return refuse(kRight, "it does not begin with http://");
  std::string_view authority = text.substr(kScheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  Result<Endpoint> manager = parse_host_port(authority, Listener::kSomebodyElse, kManagerPort);
  if (manager) return manager;
  return refuse(kRight, manager.error().message);
}

}  // namespace hearth
