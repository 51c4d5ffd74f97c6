#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/http.h"
#include "wire/json_writer.h"

namespace hearth {

/// "1" or "true", "0" or "false"; false if absent. kInvalidArgument for anything else.
Result<bool> query_flag(const HttpRequest& request, const std::string& name);
/// A whole number up to `max`; `absent` if the parameter is not given.
Result<std::uint64_t> query_number(const HttpRequest& request, const std::string& name,
                                   std::uint64_t absent, std::uint64_t max);

/// The requested part of a list: `?limit=N&after=CURSOR`.
struct PageRequest {
  static constexpr std::size_t kLimitDefault = 500;
  static constexpr std::size_t kLimitMax = 1000;

  std::size_t limit = kLimitDefault;
  std::string after;  ///< The cursor from the previous page; empty: from the beginning.
};
Result<PageRequest> page_request(const HttpRequest& request);
/// The page's limit: 1 to PageRequest::kLimitMax. Pages of 0 would never reach the end.
Result<std::size_t> page_limit(const HttpRequest& request);

/// Who sends the request, by its header `Hearth-User`: recorded and shown, never relied on. Empty
/// if there is none. kInvalidArgument unless it is printable ASCII of up to kUserBytesMax bytes.
Result<std::string> requested_by(const HttpRequest& request);
inline constexpr std::size_t kUserBytesMax = 128;

/// Parses `text` if all of it is one whole number.
std::optional<std::uint64_t> whole_number(std::string_view text);

/// Writes `{"items":[…],"next":…}` from items that come in the order of their keys.
class PageWriter {
 public:
  explicit PageWriter(PageRequest request);

  /// Whether the item with that key belongs to the page; if so, write exactly one value to json().
  bool admit(std::string_view key);
  /// The page is full and there are more items: the rest need not be visited.
  bool full() const { return more_; }
  JsonWriter& json() { return json_; }
  std::string finish() &&;

 private:
  const PageRequest request_;
  std::size_t count_ = 0;
  bool more_ = false;
  std::string last_;
  JsonWriter json_;
};

}  // namespace hearth
