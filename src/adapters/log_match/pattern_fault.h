#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "ports/line_matcher.h"

namespace hearth::log_match {

/// How RE2 reads patterns and lines here.
re2::RE2::Options options(std::size_t memory_max);

/// The fault of a character outside ASCII where its bytes would be taken one by one.
std::optional<PatternFault> multibyte_fault(std::string_view pattern);

/// What RE2 found wrong with `pattern`; nullopt if it compiles.
std::optional<PatternFault> syntax_fault(std::string_view pattern, std::size_t memory_max);

/// "at byte 3: …", or without the place where it is not known.
std::string show(const PatternFault& fault);

}  // namespace hearth::log_match
