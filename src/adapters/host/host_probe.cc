#include "adapters/host/host_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace hearth::host {
namespace {

constexpr std::size_t kReadBytes = 4096;
constexpr std::uint64_t kTicksMin = 50;

/// Used thousandths of what users other than root can have, as df(1) counts.
std::optional<std::uint16_t> disk_use(const std::filesystem::path& path) {
  struct statvfs disk{};
  if (::statvfs(path.c_str(), &disk) != 0 || disk.f_blocks < disk.f_bfree) return std::nullopt;
  const std::uint64_t used = disk.f_blocks - disk.f_bfree;
  const std::uint64_t whole = used + disk.f_bavail;
  if (whole == 0) return std::nullopt;  // A file system without blocks, such as /proc.
  // A double: blocks times a thousand might overflow.
  return static_cast<std::uint16_t>(static_cast<double>(used) / static_cast<double>(whole) * 1000);
}

std::string trimmed(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of(" \n") + 1));
}

}  // namespace

HostProbe::ProcFile::ProcFile(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
HostProbe::ProcFile::ProcFile(ProcFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}
HostProbe::ProcFile::~ProcFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string_view HostProbe::ProcFile::read(std::vector<char>& buffer) const {
  if (descriptor_ < 0) return {};
  const ssize_t size = ::pread(descriptor_, buffer.data(), buffer.size(), 0);
  return size > 0 ? std::string_view(buffer.data(), static_cast<std::size_t>(size))
                  : std::string_view{};
}

HostProbe::HostProbe(HostProbeConfig config)
    : disks_(std::move(config.disks)),
      buffer_(kReadBytes),
      stat_(config.proc / "stat"),
      meminfo_(config.proc / "meminfo"),
      cpu_pressure_(config.proc / "pressure/cpu"),
      memory_pressure_(config.proc / "pressure/memory"),
      io_pressure_(config.proc / "pressure/io"),
      boot_id_(trimmed(ProcFile(config.proc / "sys/kernel/random/boot_id").read(buffer_))) {}

Result<HostProbe> HostProbe::open(HostProbeConfig config) {
  const std::filesystem::path proc = config.proc;
  HostProbe probe(std::move(config));
  if (probe.boot_id_.empty()) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot read the kernel's boot id from '{}': is '{}' mounted?",
                            (proc / "sys/kernel/random/boot_id").native(), proc.native()));
  }
  return probe;
}

Load HostProbe::sample(const std::filesystem::path& engine_data) {
  Load load;
  load.cpu = sample_cpu();
  if (const auto memory = parse_memory(meminfo_.read(buffer_))) load.memory = memory_use(*memory);
  load.disk = sample_disks(engine_data);
  load.cpu_stall = parse_stall(cpu_pressure_.read(buffer_));
  load.memory_stall = parse_stall(memory_pressure_.read(buffer_));
  load.io_stall = parse_stall(io_pressure_.read(buffer_));
  return load;
}

Pressure HostProbe::sample_pressure() const {
  return {.cpu_some = parse_stall(cpu_pressure_.read(buffer_)),
          .memory_full = parse_stall(memory_pressure_.read(buffer_), StallOf::kAll),
          .io_full = parse_stall(io_pressure_.read(buffer_), StallOf::kAll)};
}

std::optional<std::uint16_t> HostProbe::sample_cpu() {
  const auto now = parse_cpu_times(stat_.read(buffer_));
  if (!now) return std::nullopt;
  if (!cpu_before_) {
    cpu_before_ = now;
  } else if (now->total >= cpu_before_->total + kTicksMin || now->total < cpu_before_->total) {
    cpu_use_ = cpu_use(*cpu_before_, *now);
    cpu_before_ = now;
  }
  return cpu_use_;
}

std::optional<std::uint16_t> HostProbe::sample_disks(
    const std::filesystem::path& engine_data) const {
  std::optional<std::uint16_t> fullest;
  if (!engine_data.empty()) fullest = disk_use(engine_data);
  for (const std::filesystem::path& disk : disks_) fullest = std::max(fullest, disk_use(disk));
  return fullest;
}

Resources HostProbe::capacity() const {
  constexpr std::uint32_t kMillisPerCore = 1000;
  Resources capacity;
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) == 0) {
    capacity.cpu_millis = static_cast<std::uint32_t>(CPU_COUNT(&cores)) * kMillisPerCore;
  }
  if (const auto memory = parse_memory(meminfo_.read(buffer_))) {
    capacity.memory_bytes = memory->total_bytes;
  }
  return capacity;
}

}  // namespace hearth::host
