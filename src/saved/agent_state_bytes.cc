#include "saved/sealed_state.h"
#include "saved/state_bytes.h"

namespace hearth::saved {

std::string to_bytes(const core::AgentState& state) {
  return sealed(Owner::kAgent, state);
}

Result<core::AgentState> agent_state_from_bytes(std::string_view bytes) {
  return unsealed<core::AgentState>(Owner::kAgent, bytes);
}

}  // namespace hearth::saved
