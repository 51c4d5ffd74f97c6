#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/host/proc_text.h"
#include "base/result.h"
#include "model/resources.h"

namespace hearth::host {

struct HostProbeConfig {
  /// A path on each file system whose fullness counts.
  std::vector<std::filesystem::path> disks;
  std::filesystem::path proc = "/proc";
};

/// What this machine has and how busy it is, from the kernel.
///
/// Its files stay open, so that a reading is five preads and a statvfs per disk: tens of
/// microseconds. What the kernel does not tell (no pressure stall information, a disk that is gone)
/// is absent, not zero.
class HostProbe {
 public:
  /// kUnavailable if the kernel does not tell its boot id: then no boot of the machine can be told
  /// from the next, and the agent must not run.
  static Result<HostProbe> open(HostProbeConfig config);

  /// `engine_data`: a path on one more file system whose fullness counts; empty: not known.
  ///
  /// CPU use is that since the reading before, and absent in the first. Readings that follow within
  /// half a second of one core's time tell the last one again: clock ticks are too coarse for less.
  Load sample(const std::filesystem::path& engine_data = {});

  /// All cores this process may use, all memory. Zero: not told.
  Resources capacity() const;

  /// Of the kernel: another after each reboot.
  const std::string& boot_id() const { return boot_id_; }

 private:
  /// An open file of /proc, read from its start each time.
  class ProcFile {
   public:
    explicit ProcFile(const std::filesystem::path& path);
    ProcFile(ProcFile&& other) noexcept;
    ProcFile& operator=(ProcFile&&) = delete;
    ~ProcFile();
    /// Its first 4 KiB, which hold all that is of interest; empty if it cannot be read.
    std::string_view read(std::vector<char>& buffer) const;

   private:
    int descriptor_;
  };

  explicit HostProbe(HostProbeConfig config);

  std::optional<std::uint16_t> sample_cpu();
  std::optional<std::uint16_t> sample_disks(const std::filesystem::path& engine_data) const;

  std::vector<std::filesystem::path> disks_;
  mutable std::vector<char> buffer_;
  ProcFile stat_;
  ProcFile meminfo_;
  ProcFile cpu_pressure_;
  ProcFile memory_pressure_;
  ProcFile io_pressure_;
  std::string boot_id_;
  std::optional<CpuTimes> cpu_before_;
  std::optional<std::uint16_t> cpu_use_;
};

}  // namespace hearth::host
