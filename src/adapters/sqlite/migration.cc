#include "adapters/sqlite/migration.h"

#include <string>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth {
namespace {

/// SQLite's `application_id`, by which file(1) and we recognise our files: "HRTH".
constexpr std::int64_t kApplicationId = 0x48525448;

[[noreturn]] void refuse(const SqlDatabase& database, const std::string& why) {
  throw SqliteFault(
      Error{ErrorCode::kConflict, fmt::format("database '{}' {}", database.path().string(), why)});
}

}  // namespace

void migrate(SqlDatabase& database, std::span<const Migration> steps) {
  SqlTransaction transaction(database);
  const bool empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (!empty && database.number("PRAGMA application_id") != kApplicationId) {
    refuse(database, "was not written by Hearth; move it away or choose another folder");
  }
  const std::int64_t format = database.number("PRAGMA user_version");
  const auto latest = static_cast<std::int64_t>(steps.size());
  if (format > latest) {
    refuse(database, fmt::format("has format {}, written by a newer Hearth; this one supports "
                                 "formats up to {}: start the newer one",
                                 format, latest));
  }
  if (format == latest) return;
  for (const Migration& step : steps.subspan(static_cast<std::size_t>(format))) {
    HEARTH_CHECK(step.number == &step - steps.data() + 1);
    database.execute(std::string(step.sql));
  }
  database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.execute(fmt::format("PRAGMA user_version = {}", latest));
  transaction.commit();
}

}  // namespace hearth
