#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace hearth {

/// How addresses are written in configuration files and on command lines. Errors say what would be
/// right.

/// "127.0.0.1:7700", "[::1]:7700": an IP address of this machine, 0.0.0.0 and [::] for all of them,
/// and a port, 0 for any free one.
Result<Endpoint> parse_listen_address(std::string_view text);

/// What `kafka.bootstrap` says instead of an address: the broker inside hearthd.
inline constexpr std::string_view kEmbeddedKafka = "embedded";

/// "embedded", or HOST:PORT, several of them separated by commas, as Kafka's own tools take it.
Result<std::string> parse_kafka_bootstrap(std::string_view text);
/// The brokers that such a text names, in order; none if it is "embedded".
std::vector<Endpoint> brokers_of(std::string_view bootstrap);

/// What every topic's name begins with: 1 to 64 of a-z, A-Z, 0-9, '.', '_', '-'. With the longest
/// node name a topic's name then stays below Kafka's 249.
Result<std::string> parse_topic_prefix(std::string_view text);

/// "http://HOST:PORT": where a manager listens.
Result<Endpoint> parse_manager_url(std::string_view text);

}  // namespace hearth
