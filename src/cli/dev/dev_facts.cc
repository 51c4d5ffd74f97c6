#include "cli/dev/dev_facts.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "adapters/file/file.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

constexpr const char* kFileName = "dev.json";
constexpr std::size_t kBytesMax = 64 * 1024;

std::optional<DevFacts> read_facts(JsonObject& in, const std::filesystem::path& state) {
  const auto path_of = [](const JsonValue& value) {
    return std::filesystem::path(value.text().value_or(""));
  };
  DevFacts facts;
  facts.state = state;
  facts.cluster = std::string(in.required("cluster").text().value_or(""));
  facts.manager.address = std::string(in.required("manager_address").text().value_or(""));
  facts.manager.port = in.required("manager_port").number<std::uint16_t>().value_or(0);
  facts.power_socket = path_of(in.required("power_socket"));
  facts.docker_socket = path_of(in.required("docker_socket"));
  facts.nodes = in.required("nodes").list(
      [](const JsonValue& node) { return node.parsed(&NodeName::parse); });
  return facts;
}

}  // namespace

Result<void> save_facts(const DevFacts& facts) {
  JsonWriter out;
  out.begin_object()
      .field("cluster", facts.cluster)
      .field("manager_address", facts.manager.address)
      .field("manager_port", facts.manager.port)
      .field("power_socket", facts.power_socket.string())
      .field("docker_socket", facts.docker_socket.string())
      .key("nodes")
      .begin_list();
  for (const NodeName& node : facts.nodes) out.value(node.str());
  out.end_list().end_object();
  return replace_file(facts.state / kFileName, std::move(out).text() + "\n");
}

Result<DevFacts> load_facts(const std::filesystem::path& state) {
  const auto text = read_file(state / kFileName, kBytesMax);
  if (!text) return tl::unexpected(text.error());
  if (!*text) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no dev cluster in '{}': start one with 'hearth dev', or name "
                            "its folder with --state",
                            state.string()));
  }
  return decode_json(**text, {.bytes_max = kBytesMax}, ErrorCode::kCorrupt,
                     [&](JsonObject& in) { return read_facts(in, state); });
}

}  // namespace hearth::cli
