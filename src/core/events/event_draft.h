#pragma once

#include <string>

#include "model/event.h"

namespace hearth::core {

/// An event without its number and time, which the batch adds.
struct EventDraft {
  EventType type{};
  std::string subject;
  std::string message;
  bool operator==(const EventDraft&) const = default;
};

}  // namespace hearth::core
