#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/agent/agent.h"
#include "core/manager/manager.h"

/// The saved state of a core as bytes, for another process or a later time.
///
/// The bytes hold every field of the state, because the compiler lists the fields (saved/fields.h).
/// Equal states give equal bytes.
///
/// Only the build that wrote the bytes can read them: this is no format to keep for years, nor one
/// to speak to other programs in. They begin with a fingerprint of every type in the state and of
/// the product's version.
///
/// Any bytes may be passed in: truncated, extended or damaged ones are refused with an error that
/// names the offset. The checksum detects accidents, not intent. A state that is read is well
/// formed, but one that contradicts itself aborts the program when a core is made from it, so bytes
/// from an untrusted source need a signature.
///
/// Errors: kCorrupt, the bytes are damaged: fetch them again. kConflict, they are intact but of
/// another build or another owner.
///
/// A node with one instance takes 1.4 kB, some 3 us to write and 14 us to read. Pure, so safe from
/// any thread.
namespace hearth::saved {

std::string to_bytes(const core::ManagerState& state);
Result<core::ManagerState> manager_state_from_bytes(std::string_view bytes);

std::string to_bytes(const core::AgentState& state);
Result<core::AgentState> agent_state_from_bytes(std::string_view bytes);

}  // namespace hearth::saved
