#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/host/proc_text.h"
#include "base/result.h"
#include "model/pressure.h"
#include "model/resources.h"

namespace hearth::host {

struct HostProbeConfig {
  /// One path on each file system whose fullness counts.
  std::vector<std::filesystem::path> disks;
  std::filesystem::path proc = "/proc";
};

/// The capacity and the load of this machine, from the kernel.
///
/// The files stay open, so a reading costs five preads and a statvfs per disk: tens of
/// microseconds. What the kernel does not report (no pressure stall information, a missing disk) is
/// absent, not zero.
class HostProbe {
 public:
  /// kUnavailable if the kernel's boot id cannot be read: then two boots of the machine cannot be
  /// distinguished, and the agent must not run.
  static Result<HostProbe> open(HostProbeConfig config);

  /// `engine_data`: a path on one more file system whose fullness counts; empty if not known.
  ///
  /// CPU use is measured since the previous reading, and absent in the first. Within half a second
  /// of one core's time the previous value is repeated: clock ticks are too coarse for less.
  Load sample(const std::filesystem::path& engine_data = {});

  Pressure sample_pressure() const;

  /// All cores this process may use and all memory. Zero: not known.
  Resources capacity() const;

  /// The kernel's; different after each reboot.
  const std::string& boot_id() const { return boot_id_; }

 private:
  /// An open file of /proc, read from its start each time.
  class ProcFile {
   public:
    explicit ProcFile(const std::filesystem::path& path);
    ProcFile(ProcFile&& other) noexcept;
    ProcFile& operator=(ProcFile&&) = delete;
    ~ProcFile();
    /// Its first 4 KiB, which hold everything of interest; empty if it cannot be read.
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
