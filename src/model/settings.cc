#include "model/settings.h"

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<LivenessProfile>, 4> kProfiles{{
    {LivenessProfile::kDefault, "default"},
    {LivenessProfile::kFast, "fast"},
    {LivenessProfile::kInstant, "instant"},
    {LivenessProfile::kRelaxed, "relaxed"},
}};

}  // namespace

std::string_view name_of(LivenessProfile profile) {
  return word_of(kProfiles, profile);
}
Result<LivenessProfile> parse_liveness_profile(std::string_view text) {
  return value_of(kProfiles, text);
}

}  // namespace hearth
