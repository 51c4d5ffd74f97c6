#include "adapters/http/message_head.h"

#include <fmt/format.h>

#include "adapters/http/http_problem.h"

namespace hearth::http {
namespace {

/// Appends `text` without the characters that would end the line.
void append(std::string& line, std::string_view text) {
  for (const char c : text) {
    const bool harmless = static_cast<unsigned char>(c) >= ' ' || c == '\t';
    line += harmless ? c : ' ';
  }
}

}  // namespace

HeadWriter HeadWriter::request(std::string_view method, std::string_view target) {
  std::string line;
  append(line, method);
  line += ' ';
  append(line, target);
  return HeadWriter(line + " HTTP/1.1\r\n");
}

HeadWriter HeadWriter::answer(unsigned status) {
  return HeadWriter(fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status)));
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view value) {
  append(text_, name);
  text_ += ": ";
  append(text_, value);
  text_ += "\r\n";
  return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::uint64_t value) {
  return field(name, std::to_string(value));
}

}  // namespace hearth::http
