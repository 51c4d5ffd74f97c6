#include "cli/dev/suggestions.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "cli/dev/dev_state.h"
#include "wire/endpoint_text.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;

/// The path at which a shell finds a program by its name alone; empty if it does not.
fs::path found_by_name(std::string_view name, const Session& session) {
  const std::string folders = session.variable("PATH").value_or("");
  for (std::size_t begin = 0; begin < folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const fs::path candidate = fs::path(folders.substr(begin, end - begin)) / name;
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

/// Empty if the plain command finds this manager on its own.
std::string manager_option(const DevFacts& facts, const Session& session) {
  const Result<ApiClient> plain = session.connect({});
  if (plain && plain->manager() == facts.manager) return {};
  return " --manager http://" + show_endpoint(facts.manager);
}

std::string state_option(const DevFacts& facts, const Session& session) {
  const auto plain = dev_state_folder({}, session);
  if (plain && plain->lexically_normal() == facts.state) return {};
  return " --state " + shell_word(facts.state.string());
}

}  // namespace

Suggestions suggestions_for(const DevFacts& facts, const fs::path& program,
                            const std::optional<WorkloadName>& workload, const Session& session) {
  std::error_code ec;
  const bool by_name = fs::equivalent(found_by_name("hearth", session), program, ec);
  const std::string hearth = by_name ? "hearth" : shell_word(program.string());
  const std::string manager = manager_option(facts, session);
  const std::string& node = facts.nodes[facts.nodes.size() / 2].str();
  Suggestions all;
  all.look = {fmt::format("{} status{}", hearth, manager),
              fmt::format("{} events -f{}", hearth, manager),
              fmt::format("{} explain node {}{}", hearth, node, manager)};
  if (workload) {
    all.look.push_back(fmt::format("{} logs {} -f{}", hearth, workload->str(), manager));
  } else {
    all.look.push_back(fmt::format("{} deploy --help", hearth));
  }
  if (!found_by_name("sqlite3", session).empty()) {
    all.look.push_back(fmt::format("sqlite3 {} 'select * from service_status'",
                                   shell_word(facts.database().string())));
  }
  all.freeze = fmt::format("{} dev power freeze {}{}", hearth, node, state_option(facts, session));
  return all;
}

std::string shell_word(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-+,:@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace hearth::cli
