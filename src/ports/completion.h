#pragma once

#include <functional>

#include "base/result.h"

namespace hearth {

/// Called exactly once, on the caller's loop and never from within the call that took it, with how
/// the work ended. A port that is destroyed first drops it.
template <class T>
using Completion = std::function<void(Result<T>)>;

}  // namespace hearth
