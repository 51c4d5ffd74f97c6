#pragma once

#include <functional>

#include "base/result.h"

namespace hearth {

/// Called exactly once with the result, on the caller's loop and never from within the call that
/// received it. Dropped if its port is destroyed first.
template <class T>
using Completion = std::function<void(Result<T>)>;

}  // namespace hearth
