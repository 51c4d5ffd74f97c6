#include "ports/http.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<HttpMethod>, 5> kMethods{{
    {HttpMethod::kGet, "GET"},
    {HttpMethod::kHead, "HEAD"},
    {HttpMethod::kPut, "PUT"},
    {HttpMethod::kPost, "POST"},
    {HttpMethod::kDelete, "DELETE"},
}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

const std::string& HttpRequest::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  HEARTH_CHECK(found != parameters.end());
  return found->second;
}

std::string_view name_of(HttpMethod method) {
  return word_of(kMethods, method);
}

Result<HttpMethod> parse_http_method(std::string_view text) {
  return value_of(kMethods, text);
}

}  // namespace hearth
