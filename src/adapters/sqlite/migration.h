#pragma once

#include <span>
#include <string_view>

#include "adapters/sqlite/database.h"

namespace hearth {

/// One step from the previous format; `number` is the format that it leads to.
///
/// Every later release must be able to read a file that an earlier one has written. So a released
/// migration never changes; a change of the format is a new migration with the next number.
struct Migration {
  int number;
  std::string_view sql;  ///< Without transactions.
};

/// The migrations of this program (migrations/NNNN_*.sql), numbered 1, 2, 3 and so on.
std::span<const Migration> migrations();

/// Migrates a database from its format (SQLite's `user_version`; 0 in an empty file) to the latest
/// of `steps`, in one transaction: after a crash it has the old format or the new one.
///
/// Raises kConflict if the file has a later format, or is not a database of Hearth's.
void migrate(SqlDatabase& database, std::span<const Migration> steps);

}  // namespace hearth
