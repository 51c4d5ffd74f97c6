#include "wire/percent_coding.h"

#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace hearth {

std::optional<std::string> percent_decode(std::string_view text) {
  const auto checked = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!checked) return std::nullopt;
  std::string decoded = checked->decode();
  if (decoded.find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

std::string percent_encode(std::string_view text) {
  return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

}  // namespace hearth
