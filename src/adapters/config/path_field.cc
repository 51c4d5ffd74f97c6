#include "adapters/config/path_field.h"

namespace hearth::config {

std::optional<std::filesystem::path> PathReader::operator()(const JsonValue& value) const {
  const std::optional<std::string_view> text = value.text();
  if (!text) return std::nullopt;
  if (!text->empty() && text->find('\0') == std::string_view::npos) {
    return (folder / *text).lexically_normal();
  }
  value.fault("must be a path, such as \"/var/lib/hearth\"");
  return std::nullopt;
}

}  // namespace hearth::config
