#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hearth {

/// A small wrapper around SQLite: one connection, statements prepared once, C++ values in and out.
/// Faults are exceptions that end at SqliteStore, which saves a Result at each of the dozens of
/// calls in a transaction.
class SqliteFault : public std::exception {
 public:
  enum class Room : std::uint8_t { kLeft, kNone };

  /// `room` kNone: the disk is full, or the file has reached its bound.
  explicit SqliteFault(Error error, Room room = Room::kLeft)
      : error_(std::move(error)), room_(room) {}
  const Error& error() const { return error_; }
  Room room() const { return room_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
  Room room_;
};

/// A parameter of a statement. Text is not copied: it must exist until the statement has run.
class SqlValue {
 public:
  template <std::integral T>
  SqlValue(T number) : value_(static_cast<std::int64_t>(number)) {}
  SqlValue(std::string_view text) : value_(text) {}
  SqlValue(const std::string& text) : value_(std::string_view(text)) {}
  SqlValue(WallTime time) : value_(std::int64_t{time.time_since_epoch().count()}) {}
  SqlValue(std::nullopt_t) : value_(std::monostate()) {}

  const std::variant<std::monostate, std::int64_t, std::string_view>& value() const {
    return value_;
  }

 private:
  std::variant<std::monostate, std::int64_t, std::string_view> value_;
};

/// The columns of one row, read from left to right. A value that Hearth cannot have written is a
/// kCorrupt fault that names table, row and column.
class SqlRow {
 public:
  SqlRow(sqlite3_stmt* statement, std::string_view table) : statement_(statement), table_(table) {}

  bool is_null() const;  ///< Of the next column, which is not consumed.
  void skip(int columns) { column_ += columns; }
  std::string text();
  /// Every number is exact: one above 2^63 is stored as a negative one and restored here.
  template <std::integral T>
  T number() {
    const std::int64_t number = integer();
    if constexpr (sizeof(T) < sizeof number) {
      if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max()) {
        raise("is out of range");
      }
    }
    return static_cast<T>(number);
  }
  WallTime time() { return WallTime(WallTime::duration(integer())); }
  template <class T>
  T parsed(Result<T> (*parse)(std::string_view)) {
    Result<T> value = parse(text());
    if (!value) raise(value.error().message);
    return *std::move(value);
  }

 private:
  std::int64_t integer();
  /// Reports a fault of the last column read.
  [[noreturn]] void raise(const std::string& fault) const;

  sqlite3_stmt* statement_;
  std::string_view table_;
  int column_ = 0;
};

class SqlDatabase;

class SqlStatement {
 public:
  /// For a statement that yields no rows.
  void run(std::initializer_list<SqlValue> values);
  /// Calls `take(SqlRow&)` for every row. `table` is named in faults.
  template <class Take>
  void for_each(std::string_view table, std::initializer_list<SqlValue> values, Take take) {
    const Running running(*this, values);
    while (step()) {
      SqlRow row(statement_.get(), table);
      take(row);
    }
  }

 private:
  friend class SqlDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  /// Binds on entry, resets on exit: an unfinished statement would keep its lock.
  class Running {
   public:
    Running(SqlStatement& statement, std::initializer_list<SqlValue> values);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    SqlStatement& statement_;
  };

  SqlStatement(const SqlDatabase& database, sqlite3_stmt* statement);
  bool step();

  const SqlDatabase* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqlDatabase {
 public:
  /// Opens an existing file, which can be empty.
  SqlDatabase(std::filesystem::path path, std::chrono::milliseconds busy_timeout);
  ~SqlDatabase();
  SqlDatabase(const SqlDatabase&) = delete;
  SqlDatabase& operator=(const SqlDatabase&) = delete;

  /// Runs statements and ignores any rows.
  void execute(const std::string& sql);
  SqlStatement prepare(std::string_view sql);
  /// The single number or word that a statement yields.
  std::int64_t number(std::string_view sql);
  std::string word(std::string_view sql);

  /// Whether the file's path no longer leads to the open file.
  bool was_moved() const;
  bool in_transaction() const;
  const std::filesystem::path& path() const { return path_; }
  /// Raises the fault for a result code of SQLite other than success.
  [[noreturn]] void raise(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };

  const std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

/// All or nothing: rolls back unless committed.
class SqlTransaction {
 public:
  explicit SqlTransaction(SqlDatabase& database);
  ~SqlTransaction();
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;

  void commit();

 private:
  SqlDatabase& database_;
};

}  // namespace hearth
