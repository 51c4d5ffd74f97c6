#include "shell/api/query.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace hearth {
namespace {

const std::string* find(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? nullptr : &found->second;
}

}  // namespace

Result<bool> query_flag(const HttpRequest& request, const std::string& name) {
  const std::string* text = find(request, name);
  if (text == nullptr || *text == "0" || *text == "false") return false;
  if (*text == "1" || *text == "true") return true;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}={}' must be 1 or 0", name, *text));
}

Result<std::uint64_t> query_number(const HttpRequest& request, const std::string& name,
                                   std::uint64_t absent, std::uint64_t max) {
  const std::string* text = find(request, name);
  if (text == nullptr) return absent;
  const std::optional<std::uint64_t> number = whole_number(*text);
  if (number && *number <= max) return *number;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}={}' must be a whole number up to {}", name, *text, max));
}

Result<PageRequest> page_request(const HttpRequest& request) {
  const Result<std::size_t> limit = page_limit(request);
  if (!limit) return tl::unexpected(limit.error());
  const std::string* after = find(request, "after");
  return PageRequest{*limit, after == nullptr ? "" : *after};
}

Result<std::size_t> page_limit(const HttpRequest& request) {
  const Result<std::uint64_t> limit =
      query_number(request, "limit", PageRequest::kLimitDefault, PageRequest::kLimitMax);
  if (!limit) return tl::unexpected(limit.error());
  if (*limit == 0) return fail(ErrorCode::kInvalidArgument, "'limit=0' must be at least 1");
  return static_cast<std::size_t>(*limit);
}

Result<std::string> requested_by(const HttpRequest& request) {
  const std::string_view user = request.header("hearth-user");
  const bool is_printable =
      std::all_of(user.begin(), user.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (is_printable && user.size() <= kUserBytesMax) return std::string(user);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the header Hearth-User must be printable ASCII of up to {} bytes, for "
                          "example \"ana@desk\"",
                          kUserBytesMax));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, number);
  return ec == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

PageWriter::PageWriter(PageRequest request) : request_(std::move(request)) {
  json_.begin_object().key("items").begin_list();
}

bool PageWriter::admit(std::string_view key) {
  if (more_ || (!request_.after.empty() && key <= request_.after)) return false;
  if (count_ == request_.limit) {
    more_ = true;
    return false;
  }
  ++count_;
  last_ = key;
  return true;
}

std::string PageWriter::finish() && {
  json_.end_list().key("next");
  if (more_) {
    json_.value(last_);
  } else {
    json_.null();
  }
  json_.end_object();
  return std::move(json_).text();
}

}  // namespace hearth
