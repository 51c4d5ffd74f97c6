#include "app/manager_options.h"

#include "adapters/address/address_text.h"
#include "app/daemon_sections.h"

namespace hearth {

usage::Program describe_manager(ManagerOptions& into) {
  usage::Arguments arguments;
  arguments.value(
      {"--config", "FILE", "configuration, see docs/reference/config.md (none: all defaults)",
       usage::kFiles},
      into.config_file);
  arguments.parsed({"--listen", "ADDRESS:PORT", "where to serve the API (127.0.0.1:7700)"},
                   parse_listen_address, into.listen);
  arguments.parsed({"--kafka", "BROKERS", "embedded: in this process (the default), or HOST:PORT",
                    kEmbeddedKafka},
                   parse_kafka_bootstrap, into.kafka);
  arguments.value(
      {"--state", "DIR", "state that must survive a restart (/var/lib/hearth)", usage::kFolders},
      into.state);
  const usage::CommandText text{
      .name = {},
      .summary =
          "The manager: decides which nodes live and what runs where, and recovers lost nodes.",
      .details = "Options override the configuration file.",
      .examples = {{"hearthd --config /etc/hearth/config.json", ""},
                   {"hearthd --state ./state --kafka embedded", "all on this machine"}}};
  return {.name = "hearthd",
          .man_section = 8,
          .summary = "The manager of Hearth.",
          .sections = daemon_sections(),
          .commands = {{text, std::move(arguments)}}};
}

}  // namespace hearth
