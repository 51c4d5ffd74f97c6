#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/agent/agent.h"
#include "core/manager/manager.h"

/// What a core saves, as bytes: for whoever goes on with it in another process or at another time.
///
/// All of a state is in its bytes, because the compiler names the fields (saved/fields.h). The same
/// state gives the same bytes.
///
/// The bytes are for the build that wrote them and for no other: not a format to keep for years,
/// nor one to speak with older programs. They begin with a fingerprint of every type that is in
/// them and of the product's version.
///
/// Anything may be read: what was torn, cut, extended or damaged is refused by an error that names
/// the offset. A checksum tells accidents, not intent. What is read is well formed, and as true as
/// its writer: a state that contradicts itself ends the program when a core is made of it, so bytes
/// from whom one does not trust need a signature around them.
///
/// Errors: kCorrupt, the bytes are damaged: get them anew. kConflict, they were written by another
/// build, or are another owner's: they are good, and not for this program.
///
/// A node with one instance takes 1.4 kB, some 3 us to write and 14 us to read. Pure, so safe from
/// any thread.
namespace hearth::saved {

std::string to_bytes(const core::ManagerState& state);
Result<core::ManagerState> manager_state_from_bytes(std::string_view bytes);

std::string to_bytes(const core::AgentState& state);
Result<core::AgentState> agent_state_from_bytes(std::string_view bytes);

}  // namespace hearth::saved
