#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/yaml/text_fault.h"

namespace hearth::yaml {

/// What a YAML text consists of, in its order.
struct Event {
  enum class Kind : std::uint8_t {
    kDocumentStart,
    kScalar,
    kAlias,
    kListStart,
    kListEnd,
    kObjectStart,
    kObjectEnd,
  };

  Kind kind;
  TextPlace place;
  std::string text = {};    ///< Of a scalar; of an alias, the anchor that it names.
  bool is_plain = false;    ///< A scalar without quotes, whose kind its text decides.
  std::string tag = {};     ///< "!!str"; empty: none.
  std::string anchor = {};  ///< Empty: none.
};

/// Cuts a text into events by libfyaml. `text` must outlive it.
class EventReader {
 public:
  explicit EventReader(std::string_view text);
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;
  ~EventReader();

  /// nullopt at the end, and after a fault().
  std::optional<Event> next();
  const std::optional<TextFault>& fault() const { return fault_; }

 private:
  /// libfyaml's parser and its messages: its header stays out of this one.
  struct Parser;

  void note_fault();

  std::unique_ptr<Parser> parser_;
  std::optional<TextFault> fault_;
};

}  // namespace hearth::yaml
