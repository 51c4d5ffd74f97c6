#pragma once

#include <cstdint>
#include <filesystem>

namespace hearth {

/// Room on a disk, kept in a file for the hour in which there is no other.
///
/// What it is for: to give something up is a write like any other, and on a disk that is full to
/// the last byte even that cannot be written. Whoever takes the room has to use it for that alone.
class DiskReserve {
 public:
  /// Folds a whole log (SQLite does it by itself from 4 MiB on) and leaves room for the next one.
  static constexpr std::uint64_t kBytes = std::uint64_t{8} << 20;

  /// Takes over the file at `path` if there is one.
  explicit DiskReserve(std::filesystem::path path);

  /// Whether the disk has less left than the reserve holds.
  bool is_needed() const;
  /// Gives the room to the disk. False if there was none.
  bool release();
  /// Takes the room (again), if the disk has a quarter more than that. True if it is held now: it
  /// is no fault if it is not.
  bool restore();
  bool is_held() const { return held_; }

 private:
  std::uint64_t disk_bytes_left() const;

  std::filesystem::path path_;
  bool held_ = false;
};

}  // namespace hearth
