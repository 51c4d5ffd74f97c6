#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>

namespace hearth {

/// A file system of a few bytes, for tests of full and read-only disks. Available to every user
/// where the kernel allows user namespaces, and invisible to other processes.
class SmallDisk {
 public:
  enum class Outcome : std::uint8_t { kPassed, kFailed, kNotPermitted };

  /// Runs `test` in a child process in which a file system of `bytes` is mounted at `mount_point`,
  /// an existing folder. `test` returns whether it passed.
  static Outcome run(const std::filesystem::path& mount_point, std::size_t bytes,
                     const std::function<bool(SmallDisk&)>& test);

  const std::filesystem::path& path() const { return mount_point_; }
  /// Uses up all remaining space; returns the number of bytes.
  std::size_t fill();
  /// Frees that space.
  void make_room();
  void make_read_only();

 private:
  explicit SmallDisk(std::filesystem::path mount_point);
  std::filesystem::path ballast() const { return mount_point_ / "ballast"; }

  std::filesystem::path mount_point_;
};

}  // namespace hearth
