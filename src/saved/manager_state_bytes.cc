#include "saved/sealed_state.h"
#include "saved/state_bytes.h"

namespace hearth::saved {

std::string to_bytes(const core::ManagerState& state) {
  return sealed(Owner::kManager, state);
}

Result<core::ManagerState> manager_state_from_bytes(std::string_view bytes) {
  return unsealed<core::ManagerState>(Owner::kManager, bytes);
}

}  // namespace hearth::saved
