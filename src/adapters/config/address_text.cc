#include "adapters/config/address_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

namespace hearth {
namespace {

constexpr std::size_t kTopicPrefixBytesMax = 64;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_ip(const std::string& text) {
  in6_addr address{};
  return text.find('\0') == std::string::npos && (inet_pton(AF_INET, text.c_str(), &address) == 1 ||
                                                  inet_pton(AF_INET6, text.c_str(), &address) == 1);
}

bool is_host(const std::string& text) {
  return !text.empty() && (is_ip(text) || std::all_of(text.begin(), text.end(), is_host_character));
}

/// "HOST:PORT" or "[IPv6]:PORT", taken apart; nullopt if it is neither.
std::optional<Endpoint> split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, ec] = std::from_chars(digits.data(), end, port);
  if (ec != std::errc() || rest != end) return std::nullopt;
  return Endpoint{.address = std::string(host), .port = port};
}

/// Where somebody else listens.
std::optional<Endpoint> peer(std::string_view text) {
  std::optional<Endpoint> endpoint = split(text);
  if (endpoint && is_host(endpoint->address) && endpoint->port != 0) return endpoint;
  return std::nullopt;
}

}  // namespace

Result<Endpoint> parse_listen_address(std::string_view text) {
  std::optional<Endpoint> endpoint = split(text);
  if (endpoint && is_ip(endpoint->address)) return std::move(*endpoint);
  return fail(ErrorCode::kInvalidArgument,
              "must be an IP address and a port, as \"127.0.0.1:7700\", \"[::1]:7700\" or "
              "\"0.0.0.0:7700\"");
}

std::vector<Endpoint> brokers_of(std::string_view bootstrap) {
  std::vector<Endpoint> brokers;
  while (true) {
    const std::size_t comma = bootstrap.find(',');
    std::optional<Endpoint> broker = peer(bootstrap.substr(0, comma));
    if (!broker) return {};
    brokers.push_back(*std::move(broker));
    if (comma == std::string_view::npos) return brokers;
    bootstrap.remove_prefix(comma + 1);
  }
}

Result<std::string> parse_kafka_bootstrap(std::string_view text) {
  if (text == kEmbeddedKafka || !brokers_of(text).empty()) return std::string(text);
  return fail(ErrorCode::kInvalidArgument,
              "must be \"embedded\" or HOST:PORT, as \"kafka.example:9092\"; several are separated "
              "by commas");
}

Result<std::string> parse_topic_prefix(std::string_view text) {
  if (!text.empty() && text.size() <= kTopicPrefixBytesMax &&
      std::all_of(text.begin(), text.end(), is_host_character)) {
    return std::string(text);
  }
  return fail(ErrorCode::kInvalidArgument,
              "must be 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', as \"hearth.\"");
}

Result<Endpoint> parse_manager_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) {
    std::string_view authority = text.substr(kScheme.size());
    if (authority.ends_with('/')) authority.remove_suffix(1);
    if (std::optional<Endpoint> manager = peer(authority)) return std::move(*manager);
  }
  return fail(ErrorCode::kInvalidArgument,
              "must be http://HOST:PORT, as \"http://127.0.0.1:7700\"");
}

}  // namespace hearth
