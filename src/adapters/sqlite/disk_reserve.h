#pragma once

#include <cstdint>
#include <filesystem>

namespace hearth {

/// Space on a disk, held by a file for the time when there is no other.
///
/// Giving something up is a write like any other, and on a disk that is full to the last byte even
/// that fails. The released space must be used for that purpose only.
class DiskReserve {
 public:
  /// Enough to fold in a whole log (which SQLite does on its own from 4 MiB on) and to begin the
  /// next.
  static constexpr std::uint64_t kBytes = std::uint64_t{8} << 20;

  /// Adopts the file at `path` if there is one.
  explicit DiskReserve(std::filesystem::path path);

  /// Whether the disk has less space left than the reserve holds.
  bool is_needed() const;
  /// Returns the space to the disk. False if none was held.
  bool release();
  /// Takes the space (again) if the disk has that and a quarter more. True if it is held; false is
  /// not a fault.
  bool restore();
  bool is_held() const { return held_; }

 private:
  std::uint64_t disk_bytes_left() const;

  std::filesystem::path path_;
  bool held_ = false;
};

}  // namespace hearth
