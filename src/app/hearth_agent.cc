// hearth-agent: one per node. Wiring only.

#include <malloc.h>
#include <unistd.h>

#include <random>

#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>

#include "adapters/agent_store/file_agent_store.h"
#include "adapters/agent_store/file_work_folder.h"
#include "adapters/clock/system_clock.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/inotify_limit.h"
#include "adapters/host/host_probe.h"
#include "adapters/http/http_client.h"
#include "adapters/http/http_content_client.h"
#include "adapters/http/http_server.h"
#include "adapters/http/token_file.h"
#include "adapters/kafka/kafka_bus.h"
#include "adapters/kafka/sasl_plugins.h"
#include "adapters/last_words/file_last_words.h"
#include "adapters/log_match/re2_pattern_compiler.h"
#include "adapters/loop/asio_loop.h"
#include "adapters/probe/asio_prober.h"
#include "app/agent_options.h"
#include "app/command_line.h"
#include "app/daemon.h"
#include "app/descriptors.h"
#include "shell/agent/agent_shell.h"
#include "shell/agent_api/agent_api.h"
#include "shell/agent_api/agent_metrics.h"
#include "shell/agent_api/watch_view.h"
#include "wire/endpoint_text.h"

namespace hearth {
namespace {

constexpr const char* kName = "hearth-agent";

AgentCounts counts_of(const AgentShell& shell, const docker::DockerCounters& engine) {
  const AgentShellCounters& counters = shell.counters();
  return {.statuses_sent = counters.statuses_sent,
          .statuses_dropped = counters.statuses_dropped,
          .payloads_rejected = counters.payloads_rejected,
          .assignments_refused = shell.agent().assignments_refused(),
          .runtime_watch_breaks = engine.watch_breaks};
}

/// A token file damaged by a power cut must not keep the node down: its agent then runs with a
/// random token, so that it answers only open dials and can fetch nothing.
Result<std::string> token_of(const AgentOptions& options) {
  if (options.token_file.empty()) return std::string();
  Result<std::string> token = read_token_file(options.token_file);
  if (token || token.error().code != ErrorCode::kCorrupt) return token;
  spdlog::error(
      "{}; until it is restored this agent runs what it was assigned, but accepts no calls and "
      "fetches nothing: copy the file from the manager and restart the agent",
      token.error().message);
  return make_token();
}

Result<void> run(const AgentOptions& options) {
  const Result<std::string> read_token = token_of(options);
  if (!read_token) return tl::unexpected(read_token.error());
  const std::string& token = *read_token;
  raise_descriptor_limit();
  boost::asio::io_context loop(1);
  const SystemClock clock;
  FileAgentStore store(options.state,
                       [](const Error& error) { spdlog::error("{}", error.message); });
  Result<host::HostProbe> probe = host::HostProbe::open({.disks = {options.state}});
  if (!probe) return tl::unexpected(probe.error());
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(clock.now().mono.time_since_epoch());
  Result<std::uint64_t> start_count =
      store.count_start(probe->boot_id(), static_cast<std::uint64_t>(uptime.count()) + 1);
  if (!start_count) return tl::unexpected(start_count.error());
  Result<std::optional<Assignment>> stored = store.load();
  if (!stored) {
    // A damaged file must not keep the node down: the manager sends the assignment again.
    spdlog::error("the stored assignment is unreadable and ignored: {}", stored.error().message);
    stored = std::optional<Assignment>();
  }
  Result<WatchMemory> memory = store.load_memory();
  if (!memory) {
    spdlog::error(
        "what was known of the instances is unreadable and ignored; a log rule or probe may act "
        "again: {}",
        memory.error().message);
    memory = WatchMemory();
  }
  docker::DockerRuntime runtime(loop, {.node = *options.node,
                                       .cluster = options.cluster,
                                       .socket = options.docker_socket,
                                       .adoption_book = options.state / "adopted"});
  FileLastWords last_words(options.state / "last_words",
                           [](const Error& error) { spdlog::warn("{}", error.message); });
  FileWorkFolder work_folder(options.state / "work");
  TcpHttpClient http(loop, token);
  HttpContentClient content(http, *options.manager);

  const core::AgentSettings settings{
      .node = *options.node,
      .incarnation = {.boot_id = probe->boot_id(), .start_count = *start_count},
      .capacity = probe->capacity(),
      .agent_port = options.listen.port};
  AgentShellConfig config{.manager = *options.manager, .bus = {}};
  if (!options.kafka.empty()) config.bus = BusAddress{options.kafka, options.topic_prefix};
  const log_match::Re2PatternCompiler patterns;
  AsioProber prober(loop, [&runtime](const ContainerId& container, std::vector<std::string> command,
                                     Duration timeout, const Completion<CommandEnd>& done) {
    runtime.exec({.container = container, .command = std::move(command), .timeout = timeout},
                 [done](const Result<ExecResult>& result) {
                   if (!result) return done(tl::unexpected(result.error()));
                   done(CommandEnd{.code = result->code, .output = result->output});
                 });
  });
  AgentPorts ports{.clock = clock,
                   .runtime = runtime,
                   .patterns = patterns,
                   .prober = prober,
                   .store = store,
                   .last_words = last_words,
                   .work_folder = work_folder,
                   .http = http,
                   .content = content,
                   .sample_load = [&] { return probe->sample(runtime.data_root()); },
                   .open_bus = [&](const std::string& bootstrap) -> Result<std::unique_ptr<Bus>> {
                     return KafkaBus::open(loop, clock,
                                           {.bootstrap = bootstrap,
                                            .client_id = "hearth-agent-" + options.node->str(),
                                            .role = KafkaRole::kAgent});
                   },
                   .sample_pressure = [&] { return probe->sample_pressure(); }};
  AsioLoop shell_loop(loop);
  AgentShell shell(shell_loop, config, settings, *std::move(stored), std::random_device{}(),
                   std::move(ports), *std::move(memory));

  HttpRouter router;
  std::unique_ptr<HttpServer> server;
  const AgentView view{
      .node = *options.node,
      .status = [&shell] { return shell.agent().status(); },
      .container_of = [&shell](const InstanceId& id) { return shell.agent().container_of(id); },
      .watch = [&shell, &clock](const InstanceId& id) -> std::optional<std::string> {
        const core::InstanceSlot* slot = shell.agent().find_slot(id);
        if (slot == nullptr) return std::nullopt;
        return watch_view(slot->save(), clock.now().mono);
      },
      .last_words = [&shell](
                        const InstanceId& id,
                        Completion<std::string> done) { shell.last_words(id, std::move(done)); },
      .metrics =
          [&] {
            return agent_metrics(shell.agent().status(), counts_of(shell, runtime.counters()),
                                 server ? server->counters() : HttpServerCounters());
          },
      .runtime = runtime};
  add_agent_routes(router, view);
  Result<std::unique_ptr<HttpServer>> listening = HttpServer::listen(
      loop, router,
      {.listen = options.listen, .token = token, .connections_max = 32, .streams_max = 24});
  if (!listening) return tl::unexpected(listening.error());
  server = *std::move(listening);
  if (const std::string warning = docker::inotify_warning("/proc"); !warning.empty()) {
    spdlog::warn("{}", warning);
  }
  spdlog::info("agent of node '{}', start {}, listening on {}", options.node->str(), *start_count,
               show_endpoint(server->endpoint()));
  if (Result<void> started = shell.start(); !started) {
    return fail(started.error().code, "--kafka: " + started.error().message);
  }
  run_until_signalled(loop);
  return {};
}

int main_of_agent(int argc, char** argv) {
  AgentOptions options;
  const usage::Program program = describe_agent(options);
  if (const std::optional<int> code = read_command_line(program, argc, argv)) return *code;
  set_up_log(kName);
  const Result<void> outcome = run(options);
  return outcome ? 0 : give_up(kName, outcome.error());
}

}  // namespace
}  // namespace hearth

int main(int argc, char** argv) {
  // One arena for all threads: by default each thread, librdkafka's included, gets its own, which
  // costs the agent more memory than the contention costs it time.
  mallopt(M_ARENA_MAX, 1);
  hearth::kafka::leave_out_sasl_plugins();
  return hearth::main_of_agent(argc, argv);
}
