// hearthd: the manager. Wiring only.

#include <cstdlib>
#include <filesystem>
#include <memory>

#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>

#include "adapters/clock/system_clock.h"
#include "adapters/config/manager_config.h"
#include "adapters/config/operator_file.h"
#include "adapters/content/file_content_store.h"
#include "adapters/http/http_client.h"
#include "adapters/http/http_dialer.h"
#include "adapters/http/http_server.h"
#include "adapters/http/token_file.h"
#include "adapters/kafka/embedded_broker.h"
#include "adapters/kafka/kafka_bus.h"
#include "adapters/log_match/re2_pattern_compiler.h"
#include "adapters/loop/asio_loop.h"
#include "adapters/power/exec_power_driver.h"
#include "adapters/power/power_switchboard.h"
#include "adapters/sqlite/sqlite_store.h"
#include "adapters/workload_file/workload_file.h"
#include "app/command_line.h"
#include "app/daemon.h"
#include "app/descriptors.h"
#include "app/manager_options.h"
#include "base/version.h"
#include "shell/api/manager_api.h"
#include "shell/manager/manager_shell.h"
#include "wire/endpoint_text.h"

namespace hearth {
namespace {

constexpr const char* kName = "hearthd";

/// The configuration file, overridden by the command line.
Result<ManagerConfig> read_config(const ManagerOptions& options) {
  Result<ManagerConfig> config =
      options.config_file.empty() ? ManagerConfig{} : load_manager_config(options.config_file);
  if (!config) return config;
  if (options.listen) config->listen = *options.listen;
  if (!options.kafka.empty()) config->kafka.bootstrap = options.kafka;
  if (!options.state.empty()) config->state_dir = options.state;
  return config;
}

core::ManagerSettings settings_of(const ManagerConfig& config) {
  core::ManagerSettings settings{.liveness = config.liveness, .recovery = config.recovery};
  settings.power_by_default = !std::holds_alternative<NoPower>(config.power.fallback);
  for (const auto& [node, driver] : config.power.nodes) {
    if (!std::holds_alternative<NoPower>(driver)) settings.with_power.insert(node);
  }
  return settings;
}

std::unique_ptr<PowerDriver> make_power_driver(boost::asio::io_context& loop,
                                               const PowerDriverConfig& config, Duration timeout) {
  struct Maker {
    std::unique_ptr<PowerDriver> operator()(const NoPower&) const {
      return std::make_unique<NonePowerDriver>(loop);
    }
    std::unique_ptr<PowerDriver> operator()(const ExecPower& exec) const {
      return std::make_unique<ExecPowerDriver>(
          loop, ExecPowerConfig{.command = exec.command, .switch_timeout = timeout});
    }
    boost::asio::io_context& loop;
    Duration timeout;
  };
  return std::visit(Maker{loop, timeout}, config);
}

std::unique_ptr<PowerDriver> make_power_drivers(boost::asio::io_context& loop,
                                                const ManagerConfig& config) {
  const Duration timeout = config.recovery.switch_timeout;
  PowerSwitchboard::Drivers drivers;
  for (const auto& [node, driver] : config.power.nodes) {
    drivers.emplace(node, make_power_driver(loop, driver, timeout));
  }
  return std::make_unique<PowerSwitchboard>(make_power_driver(loop, config.power.fallback, timeout),
                                            std::move(drivers));
}

KafkaConfig bus_settings(const ManagerConfig& config, const EmbeddedBroker* embedded) {
  return {.bootstrap = embedded == nullptr ? config.kafka.bootstrap : embedded->bootstrap(),
          .client_id = kName,
          .role = KafkaRole::kManager,
          .send_within = std::chrono::seconds(5),
          .send_queue_max = 20'000};
}

/// Without an orderly shutdown, which would wait for the store, and the store might be what hangs.
/// What was not committed was not executed either, so nothing is lost.
[[noreturn]] void end_at_once(const Error& error) {
  std::_Exit(give_up(kName, error));
}

Result<void> run(const ManagerConfig& config) {
  for (const std::string& warning : config.warnings) spdlog::warn("{}", warning);
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open({.directory = config.state_dir});
  if (!store) return tl::unexpected(store.error());
  const Result<Snapshot> snapshot = (*store)->load();
  if (!snapshot) return tl::unexpected(snapshot.error());
  const auto say = [](const Error& error) { spdlog::error("{}", error.message); };
  const Result<std::string> token =
      ensure_token_file(config.token_file.value_or(config.state_dir / "token"), say);
  if (!token) return tl::unexpected(token.error());
  Result<std::unique_ptr<FileContentStore>> content =
      FileContentStore::open(config.state_dir / "content", say);
  if (!content) return tl::unexpected(content.error());
  std::optional<std::vector<NodeEntry>> listed;
  if (config.server_details) {
    Result<std::vector<NodeEntry>> read =
        load_server_details(*config.server_details, config.agent_port);
    if (!read) return tl::unexpected(read.error());
    listed = *std::move(read);
  }

  boost::asio::io_context loop(1);
  const SystemClock clock;
  std::unique_ptr<EmbeddedBroker> embedded;
  if (config.kafka.embedded()) {
    Result<std::unique_ptr<EmbeddedBroker>> broker = EmbeddedBroker::start();
    if (!broker) return tl::unexpected(broker.error());
    embedded = *std::move(broker);
  }
  const KafkaConfig bus_config = bus_settings(config, embedded.get());
  Result<std::unique_ptr<KafkaBus>> bus = KafkaBus::open(loop, clock, bus_config, embedded.get());
  if (!bus) return tl::unexpected(bus.error());
  const std::size_t descriptors = raise_descriptor_limit();
  const DescriptorShares shares = share_descriptors(descriptors);
  HttpDialer dialer(loop, *token, shares.dials_max);
  TcpHttpClient http(loop, *token);
  const std::unique_ptr<PowerDriver> power = make_power_drivers(loop, config);

  std::optional<Error> fatal;
  AsioLoop shell_loop(loop);
  ManagerShell shell(
      shell_loop,
      {.topic_prefix = config.kafka.topic_prefix, .bus_bootstrap = bus_config.bootstrap},
      settings_of(config), *snapshot,
      {.clock = clock,
       .bus = **bus,
       .store = **store,
       .dialer = dialer,
       .http = http,
       .power = *power},
      [&](const Error& error) {
        fatal = error;
        loop.stop();
      });
  ManagerApi api(shell, **content,
                 {.version = std::string(version()),
                  .cluster = config.kafka.topic_prefix,
                  .agent_port = config.agent_port,
                  .read_workload = [](std::string_view content_type, std::string_view body,
                                      const WorkloadName& name) {
                    return read_workload_body(content_type, body, name, log_match::pattern_fault);
                  }});
  HttpRouter router;
  std::unique_ptr<HttpServer> server;
  api.add_routes(router, [&server] { return server ? server->counters() : HttpServerCounters{}; });
  Result<std::unique_ptr<HttpServer>> listening =
      HttpServer::listen(loop, router,
                         {.listen = config.listen,
                          .token = *token,
                          .connections_max = shares.connections_max,
                          .streams_max = shares.streams_max});
  if (!listening) return tl::unexpected(listening.error());
  server = *std::move(listening);
  spdlog::info("API at http://{}, bus at {}, state in {}", show_endpoint(server->endpoint()),
               bus_config.bootstrap, config.state_dir.string());
  if (descriptors < kDescriptorsPlenty) {
    spdlog::warn(
        "this process may open {} files, so it serves {} connections and dials {} silent nodes at "
        "once: raise the hard limit (LimitNOFILE= of its unit, ulimit -Hn) to {} for more",
        descriptors, shares.connections_max, shares.dials_max, kDescriptorsPlenty);
  }
  if (embedded && server->wants_token()) {
    spdlog::warn(
        "the embedded broker serves agents on this machine only: for others, name a Kafka broker "
        "with --kafka HOST:PORT or kafka.bootstrap");
  }

  shell.start();
  if (listed) {
    shell.submit(ImportNodes{*std::move(listed)}, [](const Result<core::CommandResult>& result) {
      if (!result) spdlog::error("the server list was not imported: {}", result.error().message);
    });
  }
  run_until_signalled(loop);
  if (!fatal && shell.store_fault()) fatal = shell.store_fault();
  if (fatal) end_at_once(*fatal);
  return {};
}

int main_of_manager(int argc, char** argv) {
  ManagerOptions options;
  const usage::Program program = describe_manager(options);
  if (const std::optional<int> code = read_command_line(program, argc, argv)) return *code;
  const Result<ManagerConfig> config = read_config(options);
  if (!config) return give_up(kName, config.error());
  set_up_log(kName);
  const Result<void> outcome = run(*config);
  return outcome ? 0 : give_up(kName, outcome.error());
}

}  // namespace
}  // namespace hearth

int main(int argc, char** argv) {
  return hearth::main_of_manager(argc, argv);
}
