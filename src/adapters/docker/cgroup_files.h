#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/container.h"
#include "model/ids.h"

namespace hearth::docker {

/// The kernel's files about one container's processes, of cgroup v1 or v2: what the engine itself
/// makes its statistics from, at a fraction of the cost.
///
/// Found by the id of the container, which is part of their path, so that they are never those of
/// something else. An engine elsewhere, or one whose files this process does not see, has none.
/// Each call reads a few files, and blocks as little as the kernel does.
class CgroupFiles {
 public:
  /// Where the kernel shows them. Both differ only in tests.
  struct Roots {
    std::filesystem::path cgroup = "/sys/fs/cgroup";
    std::filesystem::path proc = "/proc";
  };
  /// More open files than this are not counted.
  static constexpr std::uint64_t kOpenFilesCounted = 65'536;

  /// Where an engine puts them by default. Without its main process: no open files.
  static std::optional<CgroupFiles> guess(const Roots& roots, const ContainerId& container);
  /// Of the container whose main process this is.
  static std::optional<CgroupFiles> find(const Roots& roots, const ContainerId& container,
                                         std::int64_t pid);

  /// Nullopt once the container has ended, or its main process is another.
  std::optional<ContainerUsage> usage() const;
  std::optional<std::uint64_t> memory_limit() const;
  /// The most that was ever used; kernels before 5.19 do not know it with cgroup v2.
  std::optional<std::uint64_t> memory_peak() const;

 private:
  enum class Version : std::uint8_t { kV1, kV2 };

  CgroupFiles(ContainerId container, Version version)
      : container_(std::move(container)), version_(version) {}

  std::optional<std::uint64_t> memory_number(std::string_view in_v1, std::string_view in_v2) const;
  std::optional<std::uint64_t> working_set() const;
  std::optional<Duration> cpu_time() const;
  bool is_main_process() const;
  std::optional<std::uint64_t> open_files() const;
  std::optional<std::uint64_t> open_files_max() const;

  ContainerId container_;
  Version version_;
  // Folders. Not as paths: these keep each of their parts apart, a KiB for each container.
  std::string memory_;
  std::string pids_;
  std::string cpu_;
  std::string process_;  ///< Of the main process; empty: not known.
};

}  // namespace hearth::docker
