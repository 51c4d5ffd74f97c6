#pragma once

#include <span>
#include <string_view>

#include "adapters/sqlite/database.h"

namespace hearth {

/// One step from the format before it; `number` is the format that it leads to.
///
/// A file that a release has written must stay readable by every later one. So a migration that was
/// released never changes; what is to be different comes with the next number.
struct Migration {
  int number;
  std::string_view sql;  ///< Without transactions of its own.
};

/// Those of this program (migrations/NNNN_*.sql), numbered 1, 2, 3 and so on.
std::span<const Migration> migrations();

/// Brings a database from the format it has (SQLite's `user_version`; 0 in an empty file) to the
/// latest of `steps`, in one transaction: after a crash it has the old format or the new one.
///
/// Raises kConflict if the file has a later format than that, or is no database of Hearth's.
void migrate(SqlDatabase& database, std::span<const Migration> steps);

}  // namespace hearth
