#include "adapters/yaml/yaml_document.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "adapters/yaml/core_schema.h"
#include "adapters/yaml/yaml_events.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace hearth {
namespace {

using yaml::Event;
using yaml::EventReader;

std::string show(TextPlace place) {
  return fmt::format("line {}, column {}", place.line, place.column);
}

/// Length of the UTF-8 sequence at the start of `text` (Unicode 15, table 3-7); 0 if it is none.
std::size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::optional<TextFault> encoding_fault(std::string_view text) {
  TextPlace place;
  while (!text.empty()) {
    const std::size_t bytes = sequence_bytes(text);
    if (bytes == 0) return TextFault{place, "is not UTF-8: save the file in this encoding"};
    if (text.front() == '\0') return TextFault{place, "has a NUL character"};
    const bool ends_line = text.front() == '\n';
    place = ends_line ? TextPlace{place.line + 1, 1} : TextPlace{place.line, place.column + 1};
    text.remove_prefix(bytes);
  }
  return std::nullopt;
}

/// Builds the tree from the events.
class Builder {
 public:
  explicit Builder(std::string_view text) : events_(text) {}

  /// nullopt: there are faults.
  std::optional<YamlNode> build() {
    std::optional<YamlNode> root;
    while (const std::optional<Event> event = next()) {
      if (event->kind != Event::Kind::kDocumentStart) {
        root = node(*event, 1);
      } else if (root) {
        fail(event->place, "begins another document: a file holds one");
      }
    }
    if (events_.fault()) faults_.push_back(*events_.fault());
    if (!root && faults_.empty()) faults_.push_back({{}, "is empty"});
    return faults_.empty() ? std::move(root) : std::nullopt;
  }
  std::vector<TextFault> faults() && { return std::move(faults_); }

 private:
  std::optional<Event> next() { return is_over_ ? std::nullopt : events_.next(); }

  void note(TextPlace place, std::string what) {
    if (faults_.size() < kYamlFaultsMax) faults_.push_back({place, std::move(what)});
  }
  /// What follows would mean nothing.
  void fail(TextPlace place, std::string what) {
    if (!is_over_) note(place, std::move(what));
    is_over_ = true;
  }

  YamlNode node(const Event& event, std::size_t depth) {
    if (depth > kJsonDepthMax) {
      fail(event.place, fmt::format("is nested too deeply; the limit is {} levels", kJsonDepthMax));
    }
    if (++nodes_ > kYamlNodesMax) {
      fail(event.place, fmt::format("has too many values; the limit is {}", kYamlNodesMax));
    }
    if (is_over_) return {};
    if (event.kind == Event::Kind::kAlias) return repeated(event);
    if (!event.tag.empty() && event.tag != kText && event.tag != kLongText) {
      note(event.place, fmt::format("has the tag {}: only !!str is known", shown(event.tag)));
    }
    YamlNode out = content(event, depth);
    if (!event.anchor.empty()) anchors_.insert_or_assign(event.anchor, out);
    return out;
  }

  YamlNode content(const Event& event, std::size_t depth) {
    YamlNode out{.place = event.place};
    if (event.kind == Event::Kind::kListStart) {
      read_items(out, depth);
    } else if (event.kind == Event::Kind::kObjectStart) {
      read_members(out, depth);
    } else {
      out.kind =
          event.is_plain && event.tag.empty() ? YamlNode::Kind::kPlain : YamlNode::Kind::kText;
      out.text = event.text;
    }
    return out;
  }

  void read_items(YamlNode& out, std::size_t depth) {
    out.kind = YamlNode::Kind::kList;
    while (const std::optional<Event> event = next()) {
      if (event->kind == Event::Kind::kListEnd) return;
      out.items.push_back(node(*event, depth + 1));
    }
  }

  void read_members(YamlNode& out, std::size_t depth) {
    out.kind = YamlNode::Kind::kObject;
    std::map<std::string, TextPlace> seen;
    while (const std::optional<Event> key = next()) {
      if (key->kind == Event::Kind::kObjectEnd) return;
      if (key->kind != Event::Kind::kScalar) {
        return fail(key->place, "a key must be a name, not a list, an object or an alias");
      }
      if (key->is_plain && key->text == "<<") {
        return fail(key->place, "merge keys (<<) are not supported: write the members out");
      }
      const auto [first, is_new] = seen.emplace(key->text, key->place);
      if (!is_new) {
        note(key->place, fmt::format("duplicate key \"{}\": the first is in {}", shown(key->text),
                                     show(first->second)));
      }
      const std::optional<Event> value = next();
      if (!value) return;
      out.members.push_back({key->text, key->place, node(*value, depth + 1)});
    }
  }

  YamlNode repeated(const Event& alias) {
    const auto found = anchors_.find(alias.text);
    if (found == anchors_.end()) {
      note(alias.place, fmt::format("there is no anchor &{} before it", shown(alias.text)));
      return {};
    }
    nodes_ += found->second.size();
    if (nodes_ <= kYamlNodesMax) return found->second;
    fail(alias.place,
         fmt::format("repeats too many values; the limit of a file is {}", kYamlNodesMax));
    return {};
  }

  static std::string shown(std::string_view text) {
    constexpr std::size_t kShownBytesMax = 64;
    std::string out(text.substr(0, kShownBytesMax));
    std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
  }

  static constexpr std::string_view kText = "!!str";
  static constexpr std::string_view kLongText = "tag:yaml.org,2002:str";

  EventReader events_;
  std::map<std::string, YamlNode> anchors_;
  std::vector<TextFault> faults_;
  std::size_t nodes_ = 0;
  bool is_over_ = false;
};

enum class Plain : std::uint8_t { kResolved, kText };

void write(JsonWriter& out, const YamlNode& node, Plain plain);

void write_scalar(JsonWriter& out, const YamlNode& node, Plain plain) {
  const yaml::PlainScalar scalar = yaml::resolve_plain(node.text);
  const bool is_null = scalar.kind == yaml::PlainScalar::Kind::kNull;
  if (scalar.kind == yaml::PlainScalar::Kind::kText || (plain == Plain::kText && !is_null)) {
    out.value(node.text);
  } else {
    out.literal(scalar.json);
  }
}

void write(JsonWriter& out, const YamlNode& node, Plain plain) {
  switch (node.kind) {
    case YamlNode::Kind::kText: out.value(node.text); return;
    case YamlNode::Kind::kPlain: write_scalar(out, node, plain); return;
    case YamlNode::Kind::kList:
      out.begin_list();
      for (const YamlNode& item : node.items) write(out, item, plain);
      out.end_list();
      return;
    case YamlNode::Kind::kObject:
      out.begin_object();
      for (const auto& [key, place, value] : node.members) write(out.key(key), value, plain);
      out.end_object();
      return;
  }
}

std::string json_of(const YamlNode& root, const YamlOptions& options) {
  JsonWriter out;
  if (root.kind != YamlNode::Kind::kObject) {
    write(out, root, Plain::kResolved);
    return std::move(out).text();
  }
  out.begin_object();
  for (const auto& [key, place, value] : root.members) {
    const auto& texts = options.texts_below;
    const bool as_text = std::find(texts.begin(), texts.end(), key) != texts.end();
    write(out.key(key), value, as_text ? Plain::kText : Plain::kResolved);
  }
  out.end_object();
  return std::move(out).text();
}

/// Whether `path` continues with `step`, which is removed from it.
bool take_step(std::string_view& path, const JsonPlace& step) {
  const std::string whole = step.path();
  const std::string_view text = std::string_view(whole).substr(1);  // Without the root's '$'.
  if (!path.starts_with(text)) return false;
  const std::string_view rest = path.substr(text.size());
  if (!rest.empty() && rest.front() != '.' && rest.front() != '[') return false;
  path = rest;
  return true;
}

}  // namespace

std::size_t YamlNode::size() const {
  std::size_t nodes = 1;
  for (const YamlNode& item : items) nodes += item.size();
  for (const Member& member : members) nodes += member.value.size();
  return nodes;
}

tl::expected<YamlDocument, std::vector<TextFault>> YamlDocument::parse(std::string_view text,
                                                                       const YamlOptions& options) {
  const auto refused = [](TextFault fault) {
    return tl::unexpected(std::vector<TextFault>{std::move(fault)});
  };
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.size() > options.bytes_max) {
    return refused(
        {{}, fmt::format("has {} bytes; the limit is {}", text.size(), options.bytes_max)});
  }
  if (std::optional<TextFault> fault = encoding_fault(text)) return refused(*std::move(fault));
  Builder builder(text);
  std::optional<YamlNode> root = builder.build();
  if (!root) return tl::unexpected(std::move(builder).faults());
  std::string json = json_of(*root, options);
  if (json.size() > kYamlJsonBytesMax) {
    return refused({{},
                    fmt::format("is too large with all that its aliases repeat; the limit is "
                                "{} bytes",
                                kYamlJsonBytesMax)});
  }
  return YamlDocument(*std::move(root), std::move(json));
}

TextPlace YamlDocument::place_of(std::string_view path) const {
  const JsonPlace root;
  const YamlNode* node = &root_;
  TextPlace place = root_.place;
  if (path.starts_with('$')) path.remove_prefix(1);
  while (!path.empty()) {
    const YamlNode* below = nullptr;
    for (const auto& [key, key_place, value] : node->members) {
      if (!take_step(path, {.parent = &root, .key = key})) continue;
      const bool is_scalar = value.items.empty() && value.members.empty() && !value.text.empty();
      place = is_scalar ? value.place : key_place;
      below = &value;
      break;
    }
    for (std::size_t i = 0; below == nullptr && i < node->items.size(); ++i) {
      if (!take_step(path, {.parent = &root, .index = i, .in_list = true})) continue;
      below = &node->items[i];
      place = below->place;
    }
    if (below == nullptr) break;
    node = below;
  }
  return place;
}

std::string show_line(std::string_view text, TextPlace place) {
  constexpr std::size_t kColumnsMax = 100;
  for (std::size_t line = 1; line < place.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string shown;
  std::size_t columns = 0;
  for (std::string_view rest = text.substr(0, text.find('\n'));
       !rest.empty() && columns < kColumnsMax; ++columns) {
    const std::size_t bytes = std::max<std::size_t>(1, sequence_bytes(rest));
    const bool is_control = static_cast<unsigned char>(rest.front()) < ' ' ||
                            rest.front() == '\x7f' || sequence_bytes(rest) == 0;
    shown += is_control ? std::string_view(" ") : rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  const bool is_blank = shown.find_first_not_of(' ') == std::string::npos;
  if (is_blank || place.column == 0 || place.column > columns + 1) return {};
  return fmt::format("    {}\n    {}^", shown, std::string(place.column - 1, ' '));
}

}  // namespace hearth
