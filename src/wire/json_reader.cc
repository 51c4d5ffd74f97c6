#include "wire/json_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>

#include "base/check.h"
#include "base/duration_text.h"
#include "base/spelling.h"
#include "wire/json_duplicates.h"

namespace hearth {
namespace {

namespace json = boost::json;

/// Enough for a heartbeat without a report, so that the common case allocates nothing.
constexpr std::size_t kDocumentBufferBytes = 8 * 1024;
constexpr std::size_t kParserBufferBytes = 2 * 1024;

std::string_view view(json::string_view text) {
  return {text.data(), text.size()};
}

std::string_view kind_in_words(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "a list";
    case json::kind::object: return "an object";
  }
  HEARTH_CHECK(false);
}

/// A key from outside, made fit for one line of a message.
std::string shown_key(std::string_view key) {
  constexpr std::size_t kShownBytesMax = 64;
  std::string out(key.substr(0, kShownBytesMax));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return key.size() > kShownBytesMax ? out + "…" : out;
}

bool is_plain_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string place_in_text(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", line, offset - line_begin + 1);
}

std::vector<JsonFault> whole_document_fault(std::string what) {
  return {JsonFault{"$", std::move(what)}};
}

}  // namespace

std::string show(const JsonFault& fault) {
  return fmt::format("{}: {}", fault.path, fault.what);
}

Error error_of(ErrorCode code, const std::vector<JsonFault>& faults) {
  Error error{code, {}};
  for (const JsonFault& fault : faults) {
    if (!error.message.empty()) error.message += '\n';
    error.message += show(fault);
  }
  return error;
}

std::vector<JsonFault> read_json(std::string_view text, JsonLimits limits,
                                 const std::function<void(JsonObject&)>& read) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.size() > limits.bytes_max) {
    return whole_document_fault(
        fmt::format("has {} bytes; the limit is {}", text.size(), limits.bytes_max));
  }

  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  std::array<unsigned char, kDocumentBufferBytes> document_buffer;
  std::array<unsigned char, kParserBufferBytes> parser_buffer;
  json::monotonic_resource memory(document_buffer.data(), document_buffer.size());
  json::parser parser(json::storage_ptr(), options, parser_buffer.data(), parser_buffer.size());
  parser.reset(&memory);
  boost::system::error_code ec;
  const std::size_t parsed = parser.write(text.data(), text.size(), ec);
  if (ec == json::error::too_deep) {
    return whole_document_fault(
        fmt::format("is nested too deeply; the limit is {} levels", kJsonDepthMax));
  }
  if (ec) {
    return whole_document_fault(
        fmt::format("invalid JSON: {} at {}", ec.message(), place_in_text(text, parsed)));
  }

  std::vector<JsonFault> faults;
  if (limits.duplicate_keys == DuplicateKeys::kRefuse) faults = find_duplicate_keys(text);
  const json::value root = parser.release();
  JsonObject object = JsonValue(&root, JsonPlace{}, faults).object();
  if (root.is_object()) read(object);
  return faults;
}

std::string JsonPlace::path() const {
  if (parent == nullptr) return "$";
  if (in_list) return fmt::format("{}[{}]", parent->path(), index);
  if (is_plain_key(key)) return fmt::format("{}.{}", parent->path(), shown_key(key));
  return fmt::format("{}[\"{}\"]", parent->path(), shown_key(key));
}

JsonValue::JsonValue(const json::value* value, JsonPlace place, std::vector<JsonFault>& faults)
    : value_(value), place_(place), faults_(&faults) {}

void JsonValue::fault(std::string what) const {
  if (faults_->size() < kJsonFaultsMax) faults_->push_back({place_.path(), std::move(what)});
}

void JsonValue::wrong_kind(std::string_view wanted) const {
  fault(fmt::format("must be {}, not {}", wanted, kind_in_words(*value_)));
}

std::optional<std::string_view> JsonValue::text() const {
  if (!present()) return std::nullopt;
  if (const json::string* text = value_->if_string()) return view(*text);
  wrong_kind("a string");
  return std::nullopt;
}

std::optional<bool> JsonValue::boolean() const {
  if (!present()) return std::nullopt;
  if (const bool* boolean = value_->if_bool()) return *boolean;
  wrong_kind("true or false");
  return std::nullopt;
}

bool JsonValue::is_text() const {
  return present() && value_->is_string();
}

bool JsonValue::is_list() const {
  return present() && value_->is_array();
}

bool JsonValue::is_object() const {
  return present() && value_->is_object();
}

std::optional<std::string> JsonValue::scalar_text() const {
  if (!present()) return std::nullopt;
  if (const json::string* text = value_->if_string()) return std::string(view(*text));
  if (const bool* boolean = value_->if_bool()) return *boolean ? "true" : "false";
  if (const std::int64_t* number = value_->if_int64()) return fmt::to_string(*number);
  if (const std::uint64_t* number = value_->if_uint64()) return fmt::to_string(*number);
  if (const double* number = value_->if_double()) return fmt::to_string(*number);
  wrong_kind("a string");
  return std::nullopt;
}

std::optional<double> JsonValue::decimal() const {
  if (!present()) return std::nullopt;
  boost::system::error_code ec;
  const auto number = value_->to_number<double>(ec);
  if (!ec) return number;
  wrong_kind("a number");
  return std::nullopt;
}

std::optional<std::uint64_t> JsonValue::whole_number(std::uint64_t low, std::uint64_t high) const {
  if (!present()) return std::nullopt;
  boost::system::error_code ec;
  const auto number = value_->to_number<std::uint64_t>(ec);
  if (!ec && number >= low && number <= high) return number;
  const std::string wanted = fmt::format("a whole number from {} to {}", low, high);
  if (value_->is_number()) {
    fault("must be " + wanted);
  } else {
    wrong_kind(wanted);
  }
  return std::nullopt;
}

std::optional<Duration> JsonValue::duration() const {
  return parsed(parse_duration);
}

std::size_t JsonValue::element_count() const {
  if (!present()) return 0;
  if (const json::array* elements = value_->if_array()) return elements->size();
  wrong_kind("a list");
  return 0;
}

JsonValue JsonValue::element(std::size_t index) const {
  return {&value_->get_array()[index], JsonPlace{&place_, {}, index, true}, *faults_};
}

JsonObject JsonValue::object() const {
  const json::object* members = present() ? value_->if_object() : nullptr;
  if (present() && members == nullptr) wrong_kind("an object");
  return {*this, members};
}

JsonObject::JsonObject(const JsonValue& self, const json::object* members)
    : self_(self), members_(members) {}

void JsonObject::note_asked(Asked asked) {
  if (was_asked(asked.key)) return;
  HEARTH_CHECK(asked_count_ < kKeysMax);
  asked_[asked_count_++] = asked;
}

JsonValue JsonObject::optional(std::string_view key) {
  note_asked({key, false});
  const json::value* value = members_ == nullptr ? nullptr : members_->if_contains(key);
  if (value != nullptr && value->is_null()) value = nullptr;
  return {value, JsonPlace{&self_.place_, key, 0, false}, *self_.faults_};
}

JsonValue JsonObject::required(std::string_view key) {
  const JsonValue value = optional(key);
  if (members_ != nullptr && !value.present()) value.fault("is missing");
  return value;
}

void JsonObject::forbidden(std::string_view key, std::string_view why) {
  note_asked({key, true});
  if (members_ == nullptr || members_->if_contains(key) == nullptr) return;
  JsonValue(nullptr, JsonPlace{&self_.place_, key, 0, false}, *self_.faults_)
      .fault(std::string(why));
}

bool JsonObject::was_asked(std::string_view key) const {
  return std::any_of(asked_.begin(), asked_.begin() + asked_count_,
                     [&](const Asked& asked) { return asked.key == key; });
}

void JsonObject::refuse_unknown() const {
  each([&](std::string_view key, const JsonValue& value) {
    if (!was_asked(key)) value.fault(unknown_key_advice(key));
  });
}

std::string JsonObject::unknown_key_advice(std::string_view key) const {
  std::vector<std::string_view> known;
  std::string keys;
  for (std::size_t i = 0; i < asked_count_; ++i) {
    if (asked_[i].forbidden) continue;
    keys += keys.empty() ? "" : ", ";
    keys += asked_[i].key;
    known.push_back(asked_[i].key);
  }
  const std::string_view nearest = nearest_word(key, known);
  const std::string meant = nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
  return fmt::format("unknown key{} (known keys: {})", meant, keys);
}

std::size_t JsonObject::member_count() const {
  return members_ == nullptr ? 0 : members_->size();
}

std::string_view JsonObject::member_key(std::size_t index) const {
  return view((members_->begin() + static_cast<std::ptrdiff_t>(index))->key());
}

JsonValue JsonObject::member(std::size_t index) const {
  const json::key_value_pair& member = *(members_->begin() + static_cast<std::ptrdiff_t>(index));
  const json::value* value = member.value().is_null() ? nullptr : &member.value();
  return {value, JsonPlace{&self_.place_, view(member.key()), 0, false}, *self_.faults_};
}

}  // namespace hearth
