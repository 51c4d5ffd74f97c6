#include "model/probe.h"

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<HealthcheckUse>, 3> kUses{{
    {HealthcheckUse::kReadiness, "readiness"},
    {HealthcheckUse::kLiveness, "liveness"},
    {HealthcheckUse::kIgnore, "ignore"},
}};

}  // namespace

std::string_view name_of(HealthcheckUse use) {
  return word_of(kUses, use);
}
Result<HealthcheckUse> parse_healthcheck_use(std::string_view text) {
  return value_of(kUses, text);
}

}  // namespace hearth
