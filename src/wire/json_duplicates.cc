#include "wire/json_duplicates.h"

#include <set>
#include <string>

#include <boost/json/basic_parser_impl.hpp>

#include "base/check.h"

namespace hearth {
namespace {

using boost::json::error_code;
using Text = boost::json::string_view;

/// Follows the parser through the text and keeps the keys seen of each open object.
class DuplicateKeyHandler {
 public:
  // The parser asks its handler for these bounds; the text's own size bounds them all.
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  std::vector<JsonFault> take() { return std::move(faults_); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(false); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_begin(error_code&) { return open(true); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_key_part(Text part, std::size_t, error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(Text part, std::size_t, error_code&) {
    key_.append(part.data(), part.size());
    note_key(std::exchange(key_, {}));
    return true;
  }
  bool on_string_part(Text, std::size_t, error_code&) { return true; }
  bool on_string(Text, std::size_t, error_code&) { return value(); }
  bool on_number_part(Text, error_code&) { return true; }
  bool on_int64(std::int64_t, Text, error_code&) { return value(); }
  bool on_uint64(std::uint64_t, Text, error_code&) { return value(); }
  bool on_double(double, Text, error_code&) { return value(); }
  bool on_bool(bool, error_code&) { return value(); }
  bool on_null(error_code&) { return value(); }
  bool on_comment_part(Text, error_code&) { return true; }
  bool on_comment(Text, error_code&) { return true; }

 private:
  struct Level {
    bool is_list = false;
    std::size_t count = 0;       ///< Elements of a list so far.
    std::set<std::string> keys;  ///< Of an object so far.
    std::string key;             ///< The one whose value is being read.
  };

  bool value() {
    if (!open_.empty()) ++open_.back().count;
    return true;
  }
  bool open(bool is_list) {
    open_.push_back(Level{.is_list = is_list, .count = 0, .keys = {}, .key = {}});
    return true;
  }
  bool close() {
    open_.pop_back();
    return value();
  }
  void note_key(std::string key) {
    Level& level = open_.back();
    const bool is_new = level.keys.insert(key).second;
    level.key = std::move(key);
    if (!is_new && faults_.size() < kJsonFaultsMax) {
      faults_.push_back({path(), "duplicate key; keep one of the two"});
    }
  }
  std::string path() const {
    std::vector<JsonPlace> places(open_.size() + 1);
    for (std::size_t i = 0; i < open_.size(); ++i) {
      places[i + 1] = {&places[i], open_[i].key, open_[i].count, open_[i].is_list};
    }
    return places.back().path();
  }

  std::vector<Level> open_;
  std::string key_;
  std::vector<JsonFault> faults_;
};

}  // namespace

std::vector<JsonFault> find_duplicate_keys(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kJsonDepthMax;
  boost::json::basic_parser<DuplicateKeyHandler> parser(options);
  error_code ec;
  parser.write_some(false, text.data(), text.size(), ec);
  HEARTH_CHECK(!ec);
  return parser.handler().take();
}

}  // namespace hearth
