#include "core/rule_watch/rule_terms.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "base/fnv_hash.h"

namespace hearth::core {
namespace {

// Lengths before texts: no two rules have the same words.
std::string words_of(const MustNotAppear& condition) {
  return fmt::format("not {}:{} {}:{} {} {}", condition.pattern.size(), condition.pattern,
                     condition.unless.size(), condition.unless, condition.count,
                     condition.within.count());
}
std::string words_of(const MustAppear& condition) {
  return fmt::format("appear {}:{} {}", condition.pattern.size(), condition.pattern,
                     condition.within.count());
}
std::string words_of(const MustRecur& condition) {
  return fmt::format("recur {}:{} {} {}", condition.pattern.size(), condition.pattern,
                     condition.every.count(), condition.grace.count());
}
std::string words_of(const LogSilence& condition) {
  return fmt::format("silence {}", condition.longest.count());
}

}  // namespace

std::optional<AbsenceWait> absence_wait(const LogRule& rule) {
  if (const auto* condition = std::get_if<MustAppear>(&rule.condition)) {
    const Duration within = std::max(condition->within, kAbsenceWaitMin);
    return AbsenceWait{within, within};
  }
  if (const auto* condition = std::get_if<MustRecur>(&rule.condition)) {
    const Duration every = std::max(condition->every, kAbsenceWaitMin);
    return AbsenceWait{std::max(every, condition->grace), every};
  }
  if (const auto* condition = std::get_if<LogSilence>(&rule.condition)) {
    const Duration longest = std::max(condition->longest, kAbsenceWaitMin);
    return AbsenceWait{longest, longest};
  }
  return std::nullopt;
}

Duration fault_duration(const LogRule& rule, const MustNotAppear& condition) {
  return std::max({condition.within, rule.hold_off, kAbsenceWaitMin});
}

std::uint64_t fingerprint_of(const std::vector<LogRule>& rules) {
  FnvHash hash;
  for (const LogRule& rule : rules) {
    hash.add(fmt::format("{}:{} {} {} {} ", rule.name.size(), rule.name, name_of(rule.stream),
                         name_of(rule.action), rule.hold_off.count()));
    std::visit([&hash](const auto& condition) { hash.add(words_of(condition)); }, rule.condition);
    hash.add("\n");
  }
  return hash.value();
}

}  // namespace hearth::core
