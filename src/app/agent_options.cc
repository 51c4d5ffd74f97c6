#include "app/agent_options.h"

#include "adapters/address/address_text.h"
#include "app/daemon_sections.h"

namespace hearth {
namespace {

Result<std::filesystem::path> parse_docker_url(std::string_view text) {
  constexpr std::string_view kScheme = "unix://";
  if (text.starts_with(kScheme)) return text.substr(kScheme.size());
  return fail(ErrorCode::kInvalidArgument, "must be unix:///PATH: an engine on this node");
}

usage::Arguments arguments_into(AgentOptions& into) {
  using Need = usage::Arguments::Need;
  usage::Arguments arguments;
  arguments.parsed({"--node", "NAME", "this node's name, as the manager knows it"},
                   &NodeName::parse, into.node, Need::kRequired);
  arguments.parsed({"--manager", "URL", "where the manager's API is, http://HOST:PORT"},
                   parse_manager_url, into.manager, Need::kRequired);
  arguments.parsed({"--listen", "ADDRESS:PORT", "where to answer dials (127.0.0.1:7701)"},
                   parse_listen_address, into.listen);
  arguments.value({"--state", "DIR", "state that must survive a reboot (/var/lib/hearth-agent)",
                   usage::kFolders},
                  into.state);
  arguments.parsed({"--docker", "URL", "the engine: unix:///PATH (unix:///var/run/docker.sock)"},
                   parse_docker_url, into.docker_socket);
  arguments.value(
      {"--token-file", "FILE", "the cluster's token; required off loopback", usage::kFiles},
      into.token_file);
  arguments.parsed({"--kafka", "BROKERS", "the bus, HOST:PORT (given by the manager)"},
                   parse_kafka_brokers, into.kafka);
  arguments.parsed(
      {"--topic-prefix", "PREFIX", "prefix of the bus's topics, with --kafka (hearth.)"},
      parse_topic_prefix, into.topic_prefix);
  arguments.value(
      {"--cluster", "ID", "cluster of these containers, if several share an engine (default)"},
      into.cluster);
  return arguments;
}

}  // namespace

usage::Program describe_agent(AgentOptions& into) {
  const usage::CommandText text{
      .name = {},
      .summary = "Keeps the containers that the manager assigned to a node running.",
      .details =
          "Restarts containers at once when they die and reports the node's state over\nKafka. "
          "Keeps containers running without the manager, too.",
      .examples = {{"hearth-agent --node gw-17 --manager http://10.0.0.5:7700 --listen "
                    "0.0.0.0:7701 --token-file /etc/hearth/token",
                    ""}}};
  return {.name = "hearth-agent",
          .man_section = 8,
          .summary = "Hearth's agent, one per node.",
          .sections = daemon_sections(),
          .commands = {{text, arguments_into(into)}}};
}

}  // namespace hearth
