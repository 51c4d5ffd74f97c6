#include "adapters/docker/cgroup_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <system_error>

#include "adapters/file/file.h"

namespace hearth::docker {
namespace {

/// Such a file has a few kilobytes at most.
constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::size_t kPieceBytes = 4 * 1024;
/// cgroup v1 shows "no limit" as the largest number of whole pages.
constexpr std::uint64_t kNoLimit = 1ULL << 62;

std::optional<std::string> content_of(const std::filesystem::path& path) {
  Result<File> file = File::open(path, O_RDONLY);
  if (!file) return std::nullopt;
  std::string content;
  while (content.size() < kFileBytesMax) {
    const Result<std::string> piece = file->read(kPieceBytes);
    if (!piece) return std::nullopt;
    content += *piece;
    if (piece->size() < kPieceBytes) break;
  }
  return content;
}

std::optional<std::uint64_t> number_at_start(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc()) return std::nullopt;
  return value;
}

/// The number that the file holds; nullopt also for "max".
std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  const auto content = content_of(path);
  return content ? number_at_start(*content) : std::nullopt;
}

/// The number after `name` at the start of a line.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(name)) return number_at_start(line.substr(name.size()));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return std::nullopt;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// The path of a controller's group, from /proc/PID/cgroup; "" is that of cgroup v2.
std::optional<std::string> group_of(std::string_view groups, std::string_view controller) {
  while (!groups.empty()) {
    const std::string_view line = groups.substr(0, groups.find('\n'));
    groups.remove_prefix(std::min(groups.size(), line.size() + 1));
    const std::size_t names = line.find(':');
    const std::size_t path = names == line.npos ? line.npos : line.find(':', names + 1);
    if (path == line.npos) continue;
    const std::string list = "," + std::string(line.substr(names + 1, path - names - 1)) + ",";
    const bool has_it = controller.empty()
                            ? list == ",,"
                            : list.find("," + std::string(controller) + ",") != list.npos;
    if (has_it) return std::string(line.substr(path + 1));
  }
  return std::nullopt;
}

std::string below(const std::filesystem::path& root, std::string_view group) {
  while (group.starts_with('/')) group.remove_prefix(1);
  return (root / group).string();
}

std::string file_in(std::string_view folder, std::string_view name) {
  return fmt::format("{}/{}", folder, name);
}

}  // namespace

std::optional<CgroupFiles> CgroupFiles::guess(const Roots& roots, const ContainerId& container) {
  // With the cgroupfs driver, and with that of systemd.
  const std::array<std::string, 2> groups{"docker/" + container.str(),
                                          "system.slice/docker-" + container.str() + ".scope"};
  for (const std::string& group : groups) {
    CgroupFiles files(container, Version::kV1);
    files.memory_ = below(roots.cgroup / "memory", group);
    files.pids_ = below(roots.cgroup / "pids", group);
    files.cpu_ = below(roots.cgroup / "cpuacct", group);
    if (is_folder(files.memory_)) return files;
    files.version_ = Version::kV2;
    files.memory_ = files.pids_ = files.cpu_ = below(roots.cgroup, group);
    if (is_folder(files.memory_)) return files;
  }
  return std::nullopt;
}

std::optional<CgroupFiles> CgroupFiles::find(const Roots& roots, const ContainerId& container,
                                             std::int64_t pid) {
  const auto groups = content_of(roots.proc / std::to_string(pid) / "cgroup");
  if (!groups || pid <= 0 || container.str().empty()) return std::nullopt;
  const auto memory = group_of(*groups, "memory");
  const auto unified = group_of(*groups, "");
  CgroupFiles files(container, memory ? Version::kV1 : Version::kV2);
  files.process_ = below(roots.proc, std::to_string(pid));
  if (memory) {
    files.memory_ = below(roots.cgroup / "memory", *memory);
    files.pids_ = below(roots.cgroup / "pids", group_of(*groups, "pids").value_or(*memory));
    files.cpu_ = below(roots.cgroup / "cpuacct", group_of(*groups, "cpuacct").value_or(*memory));
  } else if (unified) {
    files.memory_ = files.pids_ = files.cpu_ = below(roots.cgroup, *unified);
  }
  const bool is_its_own = files.memory_.find(container.str()) != std::string::npos;
  return is_its_own && is_folder(files.memory_) ? std::optional(files) : std::nullopt;
}

std::optional<std::uint64_t> CgroupFiles::memory_number(std::string_view in_v1,
                                                        std::string_view in_v2) const {
  return number_in(file_in(memory_, version_ == Version::kV1 ? in_v1 : in_v2));
}

std::optional<std::uint64_t> CgroupFiles::memory_limit() const {
  const auto limit = memory_number("memory.limit_in_bytes", "memory.max");
  return limit && *limit < kNoLimit ? limit : std::nullopt;
}

std::optional<std::uint64_t> CgroupFiles::memory_peak() const {
  return memory_number("memory.max_usage_in_bytes", "memory.peak");
}

std::optional<std::uint64_t> CgroupFiles::working_set() const {
  const auto used = memory_number("memory.usage_in_bytes", "memory.current");
  const auto parts = content_of(file_in(memory_, "memory.stat"));
  if (!used || !parts) return std::nullopt;
  const auto cache =
      number_after(*parts, version_ == Version::kV1 ? "total_inactive_file " : "inactive_file ");
  return *used - std::min(*used, cache.value_or(0));
}

std::optional<Duration> CgroupFiles::cpu_time() const {
  if (version_ == Version::kV1) {
    const auto nanos = number_in(file_in(cpu_, "cpuacct.usage"));
    return nanos ? std::optional<Duration>(std::chrono::nanoseconds(*nanos)) : std::nullopt;
  }
  const auto parts = content_of(file_in(cpu_, "cpu.stat"));
  const auto micros = parts ? number_after(*parts, "usage_usec ") : std::nullopt;
  return micros ? std::optional<Duration>(std::chrono::microseconds(*micros)) : std::nullopt;
}

std::optional<ContainerUsage> CgroupFiles::usage() const {
  ContainerUsage usage;
  usage.memory_bytes = working_set();
  if (!usage.memory_bytes || !is_main_process()) return std::nullopt;
  usage.memory_limit_bytes = memory_limit();
  usage.pids = number_in(file_in(pids_, "pids.current"));
  usage.pids_max = number_in(file_in(pids_, "pids.max"));
  usage.cpu_time = cpu_time();
  usage.open_files = open_files();
  usage.open_files_max = open_files_max();
  return usage;
}

/// The number of a process is used again after its end.
bool CgroupFiles::is_main_process() const {
  const auto groups = content_of(file_in(process_, "cgroup"));
  return groups && groups->find(container_.str()) != std::string::npos;
}

std::optional<std::uint64_t> CgroupFiles::open_files() const {
  std::error_code ec;
  std::filesystem::directory_iterator files(file_in(process_, "fd"), ec);
  std::uint64_t count = 0;
  for (; !ec && files != std::filesystem::directory_iterator() && count < kOpenFilesCounted;
       files.increment(ec)) {
    ++count;
  }
  return ec ? std::nullopt : std::optional(count);
}

std::optional<std::uint64_t> CgroupFiles::open_files_max() const {
  const auto limits = content_of(file_in(process_, "limits"));
  return limits ? number_after(*limits, "Max open files") : std::nullopt;
}

}  // namespace hearth::docker
