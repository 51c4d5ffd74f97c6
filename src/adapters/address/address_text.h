#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace hearth {

/// The notation of addresses: in configuration files, in the environment, and on the command lines
/// of all programs. One rule for HOST:PORT everywhere:
///
/// - HOST is an IPv4 address, or an IPv6 address in brackets, with a zone if it needs one
/// ("[fe80::1%eth0]:7700"). It can be a host name, too, except in an address that we listen at: a
/// name can stand for several addresses, or for none of this machine's.
/// - PORT is 1 to 65535. In an address that we listen at, 0 is any free port.
///
/// All parsers fail with kInvalidArgument. The message says what is right and, in parentheses, what
/// is wrong with the text; the caller adds the flag, variable or key.

/// "127.0.0.1:7700", "[::1]:7700": an IP address of this machine (0.0.0.0 and [::] are all of them)
/// and a port.
Result<Endpoint> parse_listen_address(std::string_view text);

/// The value of `kafka.bootstrap` that stands for the broker inside hearthd.
inline constexpr std::string_view kEmbeddedKafka = "embedded";

/// HOST:PORT, several of them separated by commas, as Kafka's own tools accept it.
Result<std::string> parse_kafka_brokers(std::string_view text);
/// "embedded", or the brokers.
Result<std::string> parse_kafka_bootstrap(std::string_view text);
/// The brokers in such a text, in order; none if it is "embedded".
std::vector<Endpoint> brokers_of(std::string_view bootstrap);

/// The start of every topic's name: 1 to 64 of a-z, A-Z, 0-9, '.', '_', '-'. Even with the longest
/// node name, a topic's name then stays below Kafka's limit of 249.
Result<std::string> parse_topic_prefix(std::string_view text);

/// "http://HOST:PORT", where a manager listens. Without a port: kManagerPort.
Result<Endpoint> parse_manager_url(std::string_view text);

}  // namespace hearth
