#include <filesystem>

#include <fmt/format.h>

#include "adapters/config/manager_config.h"
#include "adapters/config/operator_file.h"
#include "cli/command.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include "wire/server_details.h"

namespace hearth::cli {
namespace {

/// Recognises a list of machines by the number of an entry, or by a name or an address in one. A
/// configuration has no such member.
bool is_list_of_machines(std::string_view text) {
  bool found = false;
  (void)read_json(text, {.bytes_max = kServerDetailsBytesMax}, [&](JsonObject& in) {
    in.each([&](std::string_view key, const JsonValue& value) {
      JsonObject entry = value.object();
      found = found || key.find_first_not_of("0123456789") == std::string_view::npos ||
              entry.optional("node_name").present() || entry.optional("node_ip").present();
    });
  });
  return found;
}

class ConfigCheckCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "config check",
            .summary = "Check a configuration file of hearthd.",
            .details =
                "Names the place of every error, and what would be right, also in the\n"
                "server_details.json that the configuration names. FILE may be a\n"
                "server_details.json itself: it is recognised by its entries.",
            .examples = {{"hearth config check config.json", "exit code 0: valid, 1: not"},
                         {"hearth config check server_details.json", ""},
                         {"hearth config check config.json -o json",
                          "{\"kind\", \"ok\", \"faults\", \"warnings\"}"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("FILE", "hearthd's config.json", file_, Arguments::Need::kRequired,
                         usage::kFiles);
    declare_output(arguments, output_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<std::string> text = read_operator_file(file_, kServerDetailsBytesMax);
    if (!text) return tl::unexpected(text.error());
    const bool is_list = is_list_of_machines(*text);
    const Result<Findings> findings = is_list ? check_list(*text) : check_config(*text);
    if (!findings) return tl::unexpected(findings.error());
    if (output_ == OutputFormat::kJson) {
      print_json(is_list, *findings, session.terminal);
    } else {
      print_text(is_list, *findings, session.terminal);
    }
    return findings->faults.empty() ? ExitCode::kOk : ExitCode::kFailed;
  }

 private:
  struct Findings {
    std::vector<std::string> faults;
    std::vector<std::string> warnings = {};
    std::size_t machines = 0;
  };

  static std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
  }

  /// A fault in the file is an answer; failing to read the file is an error.
  static Result<Findings> findings_of(const Error& error) {
    if (error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kCorrupt) {
      return Findings{lines_of(error.message)};
    }
    return tl::unexpected(error);
  }

  Result<Findings> check_list(std::string_view text) const {
    const auto nodes = parse_server_details(text);
    if (!nodes) return findings_of(in_file(file_, nodes.error()));
    return Findings{.faults = {}, .machines = nodes->size()};
  }

  Result<Findings> check_config(std::string_view text) const {
    const auto folder = std::filesystem::path(file_).parent_path();
    const Result<ManagerConfig> config = parse_manager_config(text, folder);
    if (!config) return findings_of(in_file(file_, config.error()));
    if (config->server_details) {
      const auto nodes = load_server_details(*config->server_details, config->agent_port);
      if (!nodes) return findings_of(nodes.error());
    }
    return Findings{.faults = {}, .warnings = config->warnings};
  }

  static void print_json(bool is_list, const Findings& findings, Terminal& terminal) {
    JsonWriter out;
    out.begin_object()
        .field("kind", is_list ? "server_details" : "config")
        .field("ok", findings.faults.empty());
    out.key("faults").begin_list();
    for (const std::string& fault : findings.faults) out.value(fault);
    out.end_list().key("warnings").begin_list();
    for (const std::string& warning : findings.warnings) out.value(warning);
    out.end_list().end_object();
    terminal.say_json(std::move(out).text());
  }

  void print_text(bool is_list, const Findings& findings, Terminal& terminal) const {
    for (const std::string& fault : findings.faults) {
      terminal.say(terminal.painted(Paint::kBad, printable(fault)));
    }
    for (const std::string& warning : findings.warnings) {
      terminal.say(terminal.painted(Paint::kWarning, "note: " + printable(warning)));
    }
    if (findings.faults.empty()) {
      const std::string what = is_list ? fmt::format(": a server_details.json of {}",
                                                     show_count(findings.machines, "machine"))
                                       : "";
      terminal.say(fmt::format("{} is valid{}", file_, what));
    } else if (is_list) {
      terminal.note(
          fmt::format("{} was checked as a server_details.json, judging by its entries", file_));
    }
  }

  std::string file_;
  OutputFormat output_ = OutputFormat::kText;
};

}  // namespace

std::unique_ptr<Command> make_config_check_command() {
  return std::make_unique<ConfigCheckCommand>();
}

}  // namespace hearth::cli
