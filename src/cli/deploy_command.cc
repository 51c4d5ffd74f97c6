#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "adapters/log_match/re2_pattern_compiler.h"
#include "adapters/workload_file/workload_file.h"
#include "base/duration_text.h"
#include "cli/client/deployment.h"
#include "cli/command.h"
#include "cli/instance_table.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

/// "a", "a and b", "a, b and c".
std::string enumeration(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += i == 0 ? "" : i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

/// What a file says, changed by the flags that were given.
struct DeployFlags {
  std::string name;
  std::optional<std::uint32_t> instances;
  bool service = false;
  std::vector<std::string> environment;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint32_t> cpu_millis;
  std::optional<NodeLossPolicy> on_node_lost;
  std::optional<NodeName> node;
  std::optional<Duration> min_ready;

  Result<void> apply_to(WorkloadFile& workload) const {
    if (!name.empty()) {
      Result<WorkloadName> parsed = WorkloadName::parse(name);
      if (!parsed) return tl::unexpected(parsed.error());
      workload.name = *std::move(parsed);
    }
    ContainerSpec& container = workload.instance.container;
    const bool describes_container = !environment.empty() || memory_bytes || cpu_millis;
    if (workload.instance.adopted && describes_container) {
      return fail(ErrorCode::kInvalidArgument,
                  "an adopted container keeps its environment and its limits: leave out --env, "
                  "--memory and --cpu");
    }
    if (service) workload.kind = WorkloadKind::kService;
    workload.instances = instances.value_or(workload.instances);
    container.resources.memory_bytes = memory_bytes.value_or(container.resources.memory_bytes);
    container.resources.cpu_millis = cpu_millis.value_or(container.resources.cpu_millis);
    if (node) {
      workload.node = node;
      workload.on_node_lost = NodeLossPolicy::kStay;  // As with a node in the file.
    }
    workload.on_node_lost = on_node_lost.value_or(workload.on_node_lost);
    workload.instance.min_ready = min_ready.value_or(workload.instance.min_ready);
    for (const std::string& variable : environment) {
      const std::size_t equals = variable.find('=');
      if (equals == std::string::npos || equals == 0) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("--env '{}' must be K=V, for example MODE=eco", variable));
      }
      container.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    return {};
  }
};

/// What the user named, and what is wrong with it. With faults there is no order.
struct Named {
  std::filesystem::path file;  ///< Empty: a folder without one.
  std::optional<DeployOrder> order;
  std::vector<WorkloadFileFault> faults = {};
};

/// Finds what a file cannot show by itself: the folder that it builds.
std::optional<WorkloadFileFault> folder_fault(const std::filesystem::path& folder,
                                              TextPlace place) {
  std::error_code ec;
  if (!std::filesystem::is_directory(folder, ec)) {
    return WorkloadFileFault{place, "build",
                             fmt::format("there is no folder '{}'", folder.string())};
  }
  if (std::filesystem::exists(folder / "Dockerfile", ec)) return std::nullopt;
  return WorkloadFileFault{place, "build", fmt::format("'{}' has no Dockerfile", folder.string())};
}

Result<Named> read_named_file(const std::filesystem::path& file) {
  const Result<std::string> text = load_workload_text(file);
  if (!text) return tl::unexpected(text.error());
  auto read = read_workload_yaml(*text, log_match::pattern_fault);
  if (!read) return Named{.file = file, .order = {}, .faults = std::move(read.error())};
  auto& [workload, place] = *read;
  if (workload.instance.adopted)
    return Named{.file = file, .order = DeployOrder{.workload = std::move(workload), .folder = {}}};
  std::filesystem::path folder = (file.parent_path() / workload.build).lexically_normal();
  if (folder.empty()) folder = ".";
  if (auto fault = folder_fault(folder, place)) {
    return Named{.file = file, .order = {}, .faults = {*std::move(fault)}};
  }
  return Named{.file = file,
               .order = DeployOrder{.workload = std::move(workload), .folder = std::move(folder)}};
}

/// A folder whose workload is given by flags alone.
Result<Named> read_bare_folder(const std::filesystem::path& folder, const std::string& name) {
  if (name.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' has no {}: write one, or give the name with --name NAME",
                            folder.string(), kWorkloadFileName));
  }
  Result<WorkloadName> parsed = WorkloadName::parse(name);
  if (!parsed) return tl::unexpected(parsed.error());
  return Named{.file = {},
               .order = DeployOrder{.workload = {.name = *std::move(parsed)}, .folder = folder}};
}

Result<Named> read_named(const std::filesystem::path& target, const std::string& name) {
  std::error_code ec;
  if (!std::filesystem::exists(target, ec)) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no file or folder '{}'", target.string()));
  }
  if (!std::filesystem::is_directory(target, ec)) return read_named_file(target);
  const std::filesystem::path file = target / kWorkloadFileName;
  return std::filesystem::exists(file, ec) ? read_named_file(file) : read_bare_folder(target, name);
}

/// Holds the workload, as the flags have changed it, to the rules of requests.
Result<void> check(const WorkloadFile& workload) {
  static const Digest kAnyBundle = *Digest::parse("sha256:" + std::string(64, '0'));
  const Result<WorkloadSpec> checked =
      decode_workload_request(encode_workload(workload.with_bundle(kAnyBundle)), workload.name);
  if (checked) return {};
  return fail(ErrorCode::kInvalidArgument,
              "with these flags the workload is refused:\n" + checked.error().message);
}

class DeployCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "deploy",
        .summary = "Build a workload from its Dockerfile, and keep it running.",
        .details =
            "PATH is a workload file, a folder with a hearth.yaml, or a folder with a Dockerfile,\n"
            "which --name and the other flags describe. Flags go before what the file says.\n"
            "Packs the folder (.dockerignore is honoured) and builds it once, on one of the "
            "nodes.\n"
            "Deploying a name again replaces its instances one by one, even if nothing changed.\n"
            "Waits until all instances are ready. If one fails, the release before it is kept "
            "running;\na first release goes on trying.",
        .examples = {{"hearth deploy heater.yaml", ""},
                     {"hearth deploy --check heater.yaml", "what is wrong with it, with each line"},
                     {"hearth deploy ./heater --instances 5", "its hearth.yaml, but five of it"},
                     {"hearth deploy ./heater --name heater --env MODE=eco", ""},
                     {"hearth deploy ./heater --name heater --memory 64M --cpu 0.5", ""},
                     {"hearth deploy ./db --name db --service --on-node-lost stay", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("PATH", "a workload file, or a folder", target_,
                         Arguments::Need::kRequired, usage::kFiles);
    arguments.flag({"--check", "", "only say what is wrong; nothing is sent"}, check_);
    arguments.value({"--name", "NAME", "the workload's name"}, flags_.name);
    arguments.value({"--instances", "K", "number of instances (1)"}, flags_.instances, 0,
                    kInstancesMax);
    arguments.flag({"--service", "", "a part of the platform, not a user's application"},
                   flags_.service);
    arguments.list({"--env", "K=V", "an environment variable; may be repeated"},
                   flags_.environment);
    arguments.parsed(
        {"--memory", "SIZE", "reserved per instance, and its limit: 64M, 2G (no limit)"},
        parse_memory_size, flags_.memory_bytes);
    arguments.parsed({"--cpu", "CORES", "reserved per instance, and its limit: 0.5, 2 (no limit)"},
                     parse_cpu_cores, flags_.cpu_millis);
    arguments.parsed(
        {"--on-node-lost", "WHAT", "replace: start elsewhere (default); stay: wait, as with --node",
         "replace stay"},
        parse_node_loss_policy, flags_.on_node_lost);
    arguments.parsed({"--node", "NODE", "the only node that it may run on (any)"}, NodeName::parse,
                     flags_.node);
    arguments.parsed(
        {"--min-ready", "TIME", "ready once it has run for this long, without a probe (10s)"},
        parse_duration, flags_.min_ready);
    arguments.flag({"--no-wait", "", "return once the manager has accepted it"}, no_wait_);
    arguments.value({"--timeout", "TIME", "how long to wait (10m)"}, timeout_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    Result<Named> named = read_named(target_, flags_.name);
    if (!named) return tl::unexpected(named.error());
    if (named->order) {
      if (Result<void> fits = finish(*named); !fits) return tl::unexpected(fits.error());
    }
    if (check_) return say_findings(*named, session.terminal);
    if (!named->order) return tl::unexpected(error_of(*named));
    return deploy_order(*named->order, session);
  }

 private:
  Result<void> finish(Named& named) const {
    WorkloadFile& workload = named.order->workload;
    if (Result<void> applied = flags_.apply_to(workload); !applied) return applied;
    return check(workload);
  }

  static Error error_of(const Named& named) {
    Error error{ErrorCode::kInvalidArgument, "the workload file is not valid:"};
    for (const WorkloadFileFault& fault : named.faults) {
      error.message += "\n" + show(named.file, fault);
    }
    return error;
  }

  /// The answer of --check.
  Result<ExitCode> say_findings(const Named& named, Terminal& terminal) const {
    if (output_ == OutputFormat::kJson) {
      print_findings(named, terminal);
    } else if (named.order) {
      print_summary(named, terminal);
    } else {
      for (const WorkloadFileFault& fault : named.faults) terminal.say(show(named.file, fault));
    }
    return named.order ? ExitCode::kOk : ExitCode::kWrongInput;
  }

  static void print_findings(const Named& named, Terminal& terminal) {
    JsonWriter out;
    out.begin_object().field("file", named.file.string()).field("ok", named.order.has_value());
    out.key("faults").begin_list();
    for (const WorkloadFileFault& fault : named.faults) {
      out.begin_object()
          .field("line", fault.place.line)
          .field("column", fault.place.column)
          .field("path", fault.path)
          .field("what", fault.what)
          .end_object();
    }
    out.end_list().end_object();
    terminal.say_json(std::move(out).text());
  }

  static void print_summary(const Named& named, Terminal& terminal) {
    const auto& [workload, folder] = *named.order;
    const InstanceSpec& instance = workload.instance;
    const std::filesystem::path& from = named.file.empty() ? folder : named.file;
    if (const auto& adopted = instance.adopted) {
      terminal.say(fmt::format("{}: {} {}, which adopts container '{}'", from.string(),
                               name_of(workload.kind), workload.name.str(), adopted->name));
    } else {
      terminal.say(fmt::format("{}: {} {} with {}, built from {}", from.string(),
                               name_of(workload.kind), workload.name.str(),
                               show_count(workload.instances, "instance"), folder.string()));
    }
    const std::size_t probes = std::size_t{instance.probes.startup.has_value()} +
                               std::size_t{instance.probes.readiness.has_value()} +
                               std::size_t{instance.probes.liveness.has_value()};
    std::vector<std::string> parts;
    const auto add = [&](std::size_t count, std::string_view thing) {
      if (count > 0) parts.push_back(show_count(count, thing));
    };
    add(instance.container.environment.size(), "variable");
    add(instance.container.ports.size(), "port");
    add(instance.container.devices.size(), "device");
    add(probes, "probe");
    add(instance.log_rules.size(), "log rule");
    add(workload.after.size(), "awaited workload");
    if (!parts.empty()) terminal.say("  with " + enumeration(parts));
  }

  Result<ExitCode> deploy_order(const DeployOrder& order, Session& session) {
    const std::string& name = order.workload.name.str();
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto wait = no_wait_ ? DeployWait::kNot : DeployWait::kUntilDeployed;
    const auto deployed = deploy(*api, order, wait, timeout_, progress_on(session.terminal));
    if (!deployed) return tl::unexpected(deployed.error());
    if (output_ == OutputFormat::kJson) {
      print_json(name, *deployed, session.terminal);
    } else if (no_wait_) {
      session.terminal.say(fmt::format("{} is accepted (generation {}); to follow it: hearth ps {}",
                                       name, deployed->generation, name));
    } else {
      print_text(name, *deployed, session);
    }
    return ExitCode::kOk;
  }

  /// Progress is not the answer: it goes to stderr.
  static DeployProgress progress_on(Terminal& terminal) {
    return {.on_step = [&](const std::string& line) { terminal.note(line); },
            .on_build_output = [&](std::string_view output) { terminal.relay(output); }};
  }

  static void print_text(const std::string& name, const Deployed& deployed, Session& session) {
    std::vector<std::string> places;
    for (const InstanceView& one : deployed.instances) places.push_back(one.node);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    if (places.empty()) {
      session.terminal.say(fmt::format("{} is deployed with 0 instances", name));
      return;
    }
    session.terminal.say(fmt::format("{} runs on {}:", name, enumeration(places)));
    instance_table(deployed.instances, session.now()).print(session.terminal);
  }

  static void print_json(const std::string& name, const Deployed& deployed, Terminal& terminal) {
    JsonWriter out;
    out.begin_object()
        .field("name", name)
        .field("generation", deployed.generation)
        .field("bundle", deployed.bundle.str());
    write_instances(out.key("instances"), deployed.instances);
    out.end_object();
    terminal.say_json(std::move(out).text());
  }

  std::string target_;
  bool check_ = false;
  DeployFlags flags_;
  bool no_wait_ = false;
  Duration timeout_ = std::chrono::minutes(10);
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_deploy_command() {
  return std::make_unique<DeployCommand>();
}

}  // namespace hearth::cli
