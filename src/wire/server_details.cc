#include "wire/server_details.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

// source check: allow socket, inet_pton() parses text and opens nothing
#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/check.h"
#include "wire/json_reader.h"

namespace hearth {
namespace {

constexpr std::size_t kDisplayNameBytesMax = 255;

Result<std::string> parse_display_name(std::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (!has_control && text.size() <= kDisplayNameBytesMax) return std::string(text);
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("must have at most {} bytes and no control characters", kDisplayNameBytesMax));
}

std::optional<NodeEntry> read_entry(const JsonValue& value, std::uint16_t agent_port) {
  JsonObject in = value.object();
  const JsonValue node_name = in.required("node_name");
  std::optional<std::string> display_name = node_name.parsed(parse_display_name);
  std::optional<NodeName> name;
  if (display_name) name = node_name.parsed(node_name_of);
  std::optional<std::string> address = in.required("node_ip").parsed(parse_ip);
  const std::optional<std::uint16_t> port = in.optional("agent_port").number<std::uint16_t>(1);
  in.refuse_unknown();
  if (!name || !address) return std::nullopt;
  return NodeEntry{.name = std::move(*name),
                   .display_name = std::move(*display_name),
                   .agent = {.address = std::move(*address), .port = port.value_or(agent_port)},
                   .names_port = port.has_value()};
}

/// Collects entries and refuses the second of two that cannot be distinguished.
class EntryList {
 public:
  void add(std::string_view key, const JsonValue& value, NodeEntry entry) {
    const auto [by_name, name_is_new] = keys_by_name_.emplace(entry.name, key);
    const auto [by_agent, agent_is_new] = keys_by_agent_.emplace(entry.agent, key);
    if (!name_is_new) {
      value.fault(
          fmt::format("node_name '{}' maps to node '{}', as does that of entry \"{}\": "
                      "rename one of them",
                      entry.display_name, entry.name.str(), by_name->second));
    }
    if (!agent_is_new) {
      value.fault(
          fmt::format("has the same node_ip and agent_port as entry \"{}\": an agent serves one "
                      "node, so correct one of them",
                      by_agent->second));
    }
    entries_.push_back(std::move(entry));
  }
  std::vector<NodeEntry> take() && { return std::move(entries_); }

 private:
  std::vector<NodeEntry> entries_;
  std::map<NodeName, std::string> keys_by_name_;
  std::map<Endpoint, std::string> keys_by_agent_;
};

std::optional<std::vector<NodeEntry>> read_entries(const JsonObject& in, std::uint16_t agent_port) {
  EntryList list;
  std::size_t count = 0;
  in.each([&](std::string_view key, const JsonValue& value) {
    if (++count > kServerDetailsNodesMax) return;
    if (!value.present()) return value.fault("must be an object, not null");
    if (auto entry = read_entry(value, agent_port)) list.add(key, value, std::move(*entry));
  });
  if (count > kServerDetailsNodesMax) {
    in.fault(fmt::format("has {} entries; the limit is {}", count, kServerDetailsNodesMax));
  }
  return std::move(list).take();
}

template <class Address>
std::optional<Address> numeric_address(int family, const std::string& text) {
  Address address{};
  if (inet_pton(family, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

/// The IPv4 address in "::ffff:192.0.2.7".
in_addr mapped_v4(const in6_addr& v6) {
  in_addr v4{};
  std::memcpy(&v4, &v6.s6_addr[12], sizeof v4);
  return v4;
}

template <class Address>
std::string text_of(int family, const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  HEARTH_CHECK(inet_ntop(family, &address, text.data(), text.size()) != nullptr);
  return text.data();
}

}  // namespace

Result<std::vector<NodeEntry>> parse_server_details(std::string_view text,
                                                    std::uint16_t agent_port) {
  return decode_json(
      text, {.bytes_max = kServerDetailsBytesMax, .duplicate_keys = DuplicateKeys::kRefuse},
      ErrorCode::kInvalidArgument, [&](JsonObject& in) { return read_entries(in, agent_port); });
}

Result<NodeName> node_name_of(std::string_view display_name) {
  constexpr std::size_t kNameBytesMax = 63;
  std::string name;
  bool in_gap = false;
  for (const char c : display_name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const char lower = is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (fits || c == '-') name += lower;
    if (!fits && c != '-' && !in_gap) name += '-';
    in_gap = !fits && c != '-';
  }
  const auto trim_end = [&] { name.erase(name.find_last_not_of('-') + 1); };
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  name.resize(std::min(name.size(), kNameBytesMax));
  trim_end();
  if (!name.empty()) return NodeName::parse(name);
  return fail(ErrorCode::kInvalidArgument,
              "must contain a letter a-z or a digit, since the node's name is made of these");
}

Result<std::string> parse_ip(std::string_view text) {
  std::string address(text);
  const bool has_nul = address.find('\0') != std::string::npos;
  const auto v4 = numeric_address<in_addr>(AF_INET, address);
  const auto v6 = numeric_address<in6_addr>(AF_INET6, address);
  if (has_nul || (!v4 && !v6)) {
    return fail(ErrorCode::kInvalidArgument,
                "must be an IP address such as \"192.0.2.7\" or \"2001:db8::7\", not a host name");
  }
  std::optional<in_addr> plain = v4;
  if (!v4 && IN6_IS_ADDR_V4MAPPED(&*v6)) plain = mapped_v4(*v6);
  const bool any = plain ? plain->s_addr == INADDR_ANY : IN6_IS_ADDR_UNSPECIFIED(&*v6);
  if (!any) return plain ? text_of(AF_INET, *plain) : text_of(AF_INET6, *v6);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("must be the address of one machine; '{}' means every address", address));
}

}  // namespace hearth
