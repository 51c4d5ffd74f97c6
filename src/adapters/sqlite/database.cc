#include "adapters/sqlite/database.h"

#include <cerrno>

#include <fmt/format.h>
#include <sqlite3.h>

#include "adapters/file/file.h"
#include "base/check.h"

namespace hearth {
namespace {

bool is_full_disk(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT;
}

ErrorCode code_of(int code, int error_number) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return ErrorCode::kExhausted;
    case SQLITE_CONSTRAINT: return ErrorCode::kInvalidArgument;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // A missing table or column: the schema was changed from outside.
    case SQLITE_SCHEMA: return ErrorCode::kCorrupt;
    case SQLITE_IOERR:
      return is_full_disk(error_number) ? ErrorCode::kExhausted : ErrorCode::kUnavailable;
    default: return ErrorCode::kUnavailable;
  }
}

SqliteFault::Room room_at(int code, int error_number) {
  const int primary = code & 0xff;
  const bool none =
      primary == SQLITE_FULL || (primary == SQLITE_IOERR && is_full_disk(error_number));
  return none ? SqliteFault::Room::kNone : SqliteFault::Room::kLeft;
}

std::string_view remedy_of(int code, ErrorCode meaning) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "; another program has locked it: end its transaction";
    case SQLITE_FULL: return "; free some space there, or raise its bound";
    case SQLITE_READONLY: return "; allow this user to write the file and its folder";
    case SQLITE_NOTADB: return "; it is not a database: move it away";
    default: break;
  }
  if (meaning == ErrorCode::kExhausted) return "; free some space there";
  if (meaning == ErrorCode::kCorrupt) return "; move it away, and restore a backup if there is one";
  return "";
}

}  // namespace

bool SqlRow::is_null() const {
  return sqlite3_column_type(statement_, column_) == SQLITE_NULL;
}

std::string SqlRow::text() {
  const int column = column_++;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) raise("is missing");
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t SqlRow::integer() {
  const int column = column_++;
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) raise("is missing");
  return sqlite3_column_int64(statement_, column);
}

void SqlRow::raise(const std::string& fault) const {
  const char* const key = reinterpret_cast<const char*>(sqlite3_column_text(statement_, 0));
  throw SqliteFault(Error{
      ErrorCode::kCorrupt,
      fmt::format("the database is damaged: table '{}', row '{}', column '{}' {}; correct it, "
                  "or restore a backup",
                  table_, key == nullptr ? "" : key, sqlite3_column_name(statement_, column_ - 1),
                  fault)});
}

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqlStatement::SqlStatement(const SqlDatabase& database, sqlite3_stmt* statement)
    : database_(&database), statement_(statement) {}

SqlStatement::Running::Running(SqlStatement& statement, std::initializer_list<SqlValue> values)
    : statement_(statement) {
  sqlite3_stmt* const raw = statement.statement_.get();
  HEARTH_CHECK(static_cast<int>(values.size()) == sqlite3_bind_parameter_count(raw));
  int index = 0;
  for (const SqlValue& value : values) {
    ++index;
    int code = SQLITE_OK;
    if (const auto* number = std::get_if<std::int64_t>(&value.value())) {
      code = sqlite3_bind_int64(raw, index, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&value.value())) {
      // A null pointer, as in an empty view, would be taken for NULL.
      code = sqlite3_bind_text64(raw, index, text->empty() ? "" : text->data(), text->size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    } else {
      code = sqlite3_bind_null(raw, index);
    }
    if (code != SQLITE_OK) statement.database_->raise(code);
  }
}

SqlStatement::Running::~Running() {
  sqlite3_reset(statement_.statement_.get());  // Returns the code of the last step again.
}

bool SqlStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_->raise(code);
  return code == SQLITE_ROW;
}

void SqlStatement::run(std::initializer_list<SqlValue> values) {
  const Running running(*this, values);
  HEARTH_CHECK(!step());
}

SqlDatabase::SqlDatabase(std::filesystem::path path, std::chrono::milliseconds busy_timeout)
    : path_(std::move(path)) {
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(path_.c_str(), &connection,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection_.reset(connection);
  if (code != SQLITE_OK) raise(code);
  sqlite3_busy_timeout(connection, static_cast<int>(busy_timeout.count()));
}

SqlDatabase::~SqlDatabase() = default;

void SqlDatabase::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);  // Waits for statements that are finalized later.
}

void SqlDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(code);
}

SqlStatement SqlDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) raise(code);
  return {*this, statement};
}

std::int64_t SqlDatabase::number(std::string_view sql) {
  std::int64_t number = 0;
  prepare(sql).for_each("", {}, [&](SqlRow& row) { number = row.number<std::int64_t>(); });
  return number;
}

std::string SqlDatabase::word(std::string_view sql) {
  std::string word;
  prepare(sql).for_each("", {}, [&](SqlRow& row) { word = row.text(); });
  return word;
}

bool SqlDatabase::was_moved() const {
  int moved = 0;
  sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

bool SqlDatabase::in_transaction() const {
  return sqlite3_get_autocommit(connection_.get()) == 0;
}

void SqlDatabase::raise(int code) const {
  HEARTH_CHECK(code != SQLITE_OK && code != SQLITE_MISUSE && connection_ != nullptr);
  const int error_number = sqlite3_system_errno(connection_.get());
  const ErrorCode meaning = code_of(code, error_number);
  throw SqliteFault(
      Error{meaning, fmt::format("database '{}': {}{}", path_.string(),
                                 sqlite3_errmsg(connection_.get()), remedy_of(code, meaning))},
      room_at(code, error_number));
}

SqlTransaction::SqlTransaction(SqlDatabase& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

SqlTransaction::~SqlTransaction() {
  // Some errors, such as a full disk, have rolled it back already.
  if (!database_.in_transaction()) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const SqliteFault&) {
    return;  // The next transaction will report the fault.
  }
}

void SqlTransaction::commit() {
  database_.execute("COMMIT");
}

}  // namespace hearth
