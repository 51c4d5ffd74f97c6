#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace hearth {

/// How addresses are written: in configuration files, in the environment, and on the command lines
/// of all programs. There is one rule for HOST:PORT everywhere:
///
/// - HOST is an IPv4 address, or an IPv6 address in brackets, with a zone if it needs one
///   ("[fe80::1%eth0]:7700"). Where somebody else listens, it may be a host name, too. Where we
///   listen it may not: a name can stand for several addresses, or for none of this machine's.
/// - PORT is 1 to 65535. Where we listen, 0 is any free port.
///
/// All fail with kInvalidArgument: what is right, and in parentheses what is wrong with this text.
/// Whoever calls says which flag, variable or member it stands in.

/// "127.0.0.1:7700", "[::1]:7700": an IP address of this machine, 0.0.0.0 and [::] for all of them,
/// and a port.
Result<Endpoint> parse_listen_address(std::string_view text);

/// What `kafka.bootstrap` says instead of an address: the broker inside hearthd.
inline constexpr std::string_view kEmbeddedKafka = "embedded";

/// HOST:PORT, several of them separated by commas, as Kafka's own tools take it.
Result<std::string> parse_kafka_brokers(std::string_view text);
/// "embedded", or the brokers.
Result<std::string> parse_kafka_bootstrap(std::string_view text);
/// The brokers that such a text names, in order; none if it is "embedded".
std::vector<Endpoint> brokers_of(std::string_view bootstrap);

/// What every topic's name begins with: 1 to 64 of a-z, A-Z, 0-9, '.', '_', '-'. With the longest
/// node name a topic's name then stays below Kafka's 249.
Result<std::string> parse_topic_prefix(std::string_view text);

/// "http://HOST:PORT": where a manager listens. Without a port: kManagerPort.
Result<Endpoint> parse_manager_url(std::string_view text);

}  // namespace hearth
