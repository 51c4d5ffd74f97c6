#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::http {

/// The head of an outgoing message: the only place that writes the heads of requests and answers.
/// No value can begin another line, whatever it contains.
class HeadWriter {
 public:
  static HeadWriter request(std::string_view method, std::string_view target);
  static HeadWriter answer(unsigned status);

  HeadWriter& field(std::string_view name, std::string_view value);
  HeadWriter& field(std::string_view name, std::uint64_t value);

  /// The head with the empty line that ends it.
  std::string finish() const { return text_ + "\r\n"; }

 private:
  explicit HeadWriter(std::string first_line) : text_(std::move(first_line)) {}

  std::string text_;
};

}  // namespace hearth::http
