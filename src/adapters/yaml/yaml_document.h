#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "adapters/yaml/text_fault.h"

namespace hearth {

/// Files that people write in YAML 1.2, for readers of JSON: the text becomes JSON, and a fault
/// that a reader finds by its path becomes a line and a column.
///
/// It knows nothing of what the documents mean. JSON is YAML, so it reads JSON, too.

/// Nodes of a document, those that aliases repeat included: a small text must not become a huge
/// document.
inline constexpr std::size_t kYamlNodesMax = 20'000;
inline constexpr std::size_t kYamlJsonBytesMax = 1024 * 1024;
/// Faults kept per document.
inline constexpr std::size_t kYamlFaultsMax = 50;

struct YamlOptions {
  std::size_t bytes_max = 256 * 1024;
  /// Members of the root below which a plain number or boolean is a text, just as it is written:
  /// 1.10 is "1.10".
  std::vector<std::string_view> texts_below = {};
};

/// A part of a document. Values: aliases are replaced by what they repeat.
struct YamlNode {
  enum class Kind : std::uint8_t { kText, kPlain, kList, kObject };
  struct Member;

  Kind kind = Kind::kPlain;
  TextPlace place;
  std::string text;             ///< Of a scalar.
  std::vector<YamlNode> items;  ///< Of a list.
  std::vector<Member> members;  ///< Of an object, in the order of the text.
  std::size_t size() const;     ///< Nodes, itself included.
};
struct YamlNode::Member {
  std::string key;
  TextPlace place;
  YamlNode value;
};

/// A document that was read. A value.
class YamlDocument {
 public:
  /// Faults, in the order of the text: what is not YAML 1.2, or not UTF-8; a duplicate key, with
  /// both places; a tag other than !!str; a key that is no scalar; a merge key (<<); an unknown
  /// alias; more than one document; and what exceeds a bound.
  static tl::expected<YamlDocument, std::vector<TextFault>> parse(std::string_view text,
                                                                  const YamlOptions& options);

  const std::string& json() const { return json_; }
  /// The place of a value by its path, as JsonFault has it; of the nearest one that contains it, if
  /// the document has no such value.
  TextPlace place_of(std::string_view path) const;

 private:
  YamlDocument(YamlNode root, std::string json) : root_(std::move(root)), json_(std::move(json)) {}

  YamlNode root_;
  std::string json_;
};

/// The line of `text` at `place`, and below it a '^' at the column; both lines indented. Without
/// control characters; a long line is cut. Empty if there is no such line.
std::string show_line(std::string_view text, TextPlace place);

}  // namespace hearth
