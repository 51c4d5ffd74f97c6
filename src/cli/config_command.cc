#include <fmt/format.h>

#include "adapters/config/manager_config.h"
#include "adapters/config/operator_file.h"
#include "cli/command.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

class ConfigCheckCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "config check",
            .summary = "Whether hearthd would take a configuration file.",
            .details =
                "Names the place of everything that is wrong, and what would be right; in the\n"
                "server_details.json that it names, too.",
            .examples = {
                {"hearth config check config.json", "exit code 0: right, 1: wrong"},
                {"hearth config check config.json -o json", "{\"ok\", \"faults\", \"warnings\"}"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("FILE", "hearthd's config.json", file_);
    arguments.output(output_);
  }
  Result<ExitCode> run(Session& session) override {
    Result<ManagerConfig> config = load_manager_config(file_);
    if (config && config->server_details) {
      const auto nodes = load_server_details(*config->server_details, config->agent_port);
      if (!nodes) config = tl::unexpected(nodes.error());
    }
    const bool wrong = !config && (config.error().code == ErrorCode::kInvalidArgument ||
                                   config.error().code == ErrorCode::kCorrupt);
    if (!config && !wrong) return tl::unexpected(config.error());
    const std::string faults = config ? "" : config.error().message;
    const std::vector<std::string> warnings =
        config ? config->warnings : std::vector<std::string>();
    if (output_ == OutputFormat::kJson) {
      print_json(faults, warnings, session.terminal);
    } else {
      print_text(faults, warnings, session.terminal);
    }
    return config ? ExitCode::kOk : ExitCode::kFailed;
  }

 private:
  static std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
  }

  static void print_json(std::string_view faults, const std::vector<std::string>& warnings,
                         Terminal& terminal) {
    JsonWriter out;
    out.begin_object().field("ok", faults.empty());
    out.key("faults").begin_list();
    for (const std::string_view fault : lines_of(faults)) out.value(fault);
    out.end_list().key("warnings").begin_list();
    for (const std::string& warning : warnings) out.value(warning);
    out.end_list().end_object();
    terminal.say(std::move(out).text());
  }

  void print_text(std::string_view faults, const std::vector<std::string>& warnings,
                  Terminal& terminal) const {
    for (const std::string_view fault : lines_of(faults)) {
      terminal.say(terminal.painted(Paint::kBad, printable(fault)));
    }
    for (const std::string& warning : warnings) {
      terminal.say(terminal.painted(Paint::kWarning, "note: " + printable(warning)));
    }
    if (faults.empty()) terminal.say(fmt::format("{} is right", file_));
  }

  std::string file_;
  OutputFormat output_ = OutputFormat::kText;
};

}  // namespace

std::unique_ptr<Command> make_config_check_command() {
  return std::make_unique<ConfigCheckCommand>();
}

}  // namespace hearth::cli
