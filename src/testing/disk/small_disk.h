#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>

namespace hearth {

/// A file system of few bytes, for tests of what a full or a read-only disk does. Anybody may have
/// one where the kernel lets users make namespaces; nobody else sees it.
class SmallDisk {
 public:
  enum class Outcome : std::uint8_t { kPassed, kFailed, kNotPermitted };

  /// Runs `test` in a child process, in which a file system of `bytes` is mounted at `mount_point`,
  /// an existing folder. `test` tells whether it passed.
  static Outcome run(const std::filesystem::path& mount_point, std::size_t bytes,
                     const std::function<bool(SmallDisk&)>& test);

  const std::filesystem::path& path() const { return mount_point_; }
  /// Takes all the room that is left; the number of bytes it took.
  std::size_t fill();
  /// Gives it back.
  void make_room();
  void make_read_only();

 private:
  explicit SmallDisk(std::filesystem::path mount_point);
  std::filesystem::path ballast() const { return mount_point_ / "ballast"; }

  std::filesystem::path mount_point_;
};

}  // namespace hearth
