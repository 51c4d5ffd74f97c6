#include "adapters/agent_store/file_agent_store.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "adapters/file/file.h"
#include "adapters/file/sha256.h"
#include "wire/assignment_codec.h"
#include "wire/watch_memory_codec.h"

namespace hearth {
namespace {

constexpr std::string_view kAssignmentMark = "hearth-assignment 1 ";
constexpr std::string_view kMemoryMark = "hearth-memory 1 ";
constexpr std::size_t kHeaderBytesMax = 128;

/// The number of a start, and the boot it belongs to.
struct Start {
  std::uint64_t count = 0;
  std::string boot;  ///< A short hash, of the same length for every boot.
};

/// Always of the same length, so that it can be overwritten in place, within one sector, which a
/// disk writes entirely or not at all.
std::string line_of(const Start& start) {
  const std::string text = fmt::format("{:020} {}", start.count, start.boot);
  return fmt::format("{} {}\n", text, sha256_of(text).short_hex());
}

std::optional<Start> parse_start(std::string_view line) {
  constexpr std::size_t kDigits = 20;
  const std::size_t boot_end = line.rfind(' ');
  if (boot_end == std::string_view::npos || boot_end <= kDigits) return std::nullopt;
  Start start{.boot = std::string(line.substr(kDigits + 1, boot_end - kDigits - 1))};
  std::from_chars(line.data(), line.data() + kDigits, start.count);
  return line == line_of(start) ? std::optional(std::move(start)) : std::nullopt;
}

Result<void> overwrite(const std::filesystem::path& path, std::string_view content) {
  Result<File> file = File::open(path, O_WRONLY);
  if (!file) return tl::unexpected(file.error());
  return file->write(content).and_then([&] { return file->sync(); });
}

tl::unexpected<Error> damaged(const std::filesystem::path& path, std::string_view what) {
  return fail(ErrorCode::kCorrupt, fmt::format("'{}' is damaged: {}", path.string(), what));
}

/// The payload of a file that starts with `mark` and the payload's digest; nullopt: no such file.
Result<std::optional<std::string>> load_sealed(const std::filesystem::path& path,
                                               std::string_view mark, std::size_t payload_max) {
  Result<std::optional<std::string>> content = read_file(path, kHeaderBytesMax + payload_max);
  if (!content || !*content) return content;
  const std::string_view text = **content;
  const std::size_t end = text.find('\n');
  if (!text.starts_with(mark) || end == std::string_view::npos) {
    return damaged(path, "it is not of this version");
  }
  const std::string_view sum = text.substr(mark.size(), end - mark.size());
  std::string payload(text.substr(end + 1));
  if (sum != sha256_of(payload).str()) {
    return damaged(path, "its content does not match its digest");
  }
  return std::optional(std::move(payload));
}

Result<void> save_sealed(const std::filesystem::path& path, std::string_view mark,
                         const Result<std::string>& payload) {
  if (!payload) return tl::unexpected(payload.error());
  return replace_file(path, fmt::format("{}{}\n{}", mark, sha256_of(*payload).str(), *payload));
}

}  // namespace

FileAgentStore::FileAgentStore(std::filesystem::path directory,
                               std::function<void(const Error&)> on_damage)
    : directory_(std::move(directory)), on_damage_(std::move(on_damage)) {}

Result<std::uint64_t> FileAgentStore::count_start(const std::string& boot_id, std::uint64_t first) {
  if (Result<void> made = make_directory(directory_); !made) return tl::unexpected(made.error());
  if (!lock_) {
    Result<LockFile> lock = LockFile::acquire(directory_ / "lock");
    if (!lock) return tl::unexpected(lock.error());
    lock_ = *std::move(lock);
  }
  const std::filesystem::path path = directory_ / "start_count";
  const Result<std::optional<std::string>> line = read_file(path, kHeaderBytesMax);
  if (!line && line.error().code != ErrorCode::kCorrupt) return tl::unexpected(line.error());
  const std::string_view text = line && *line ? std::string_view(**line) : std::string_view();
  const std::optional<Start> last = parse_start(text);
  const bool is_absent = line && !*line;
  if (!last && !is_absent && on_damage_) {
    on_damage_(damaged(path, "counting continues from the uptime").value());
  }
  Start start{.count = first, .boot = std::string(sha256_of(boot_id).short_hex())};
  if (last && last->boot == start.boot) start.count = last->count + 1;
  const std::string next = line_of(start);
  const Result<void> written =
      text.size() == next.size() ? overwrite(path, next) : replace_file(path, next);
  if (!written) return tl::unexpected(written.error());
  return start.count;
}

Result<std::optional<Assignment>> FileAgentStore::load() {
  const std::filesystem::path path = directory_ / "assignment";
  const Result<std::optional<std::string>> payload =
      load_sealed(path, kAssignmentMark, kAssignmentBytesMax);
  if (!payload) return tl::unexpected(payload.error());
  if (!*payload) return std::nullopt;
  Result<Assignment> assignment = decode_assignment(**payload);
  if (!assignment) return damaged(path, assignment.error().message);
  return std::optional(*std::move(assignment));
}

Result<void> FileAgentStore::save(const Assignment& assignment) {
  return save_sealed(directory_ / "assignment", kAssignmentMark, encode(assignment));
}

Result<WatchMemory> FileAgentStore::load_memory() {
  const std::filesystem::path path = directory_ / "memory";
  const Result<std::optional<std::string>> payload =
      load_sealed(path, kMemoryMark, kWatchMemoryBytesMax);
  if (!payload) return tl::unexpected(payload.error());
  if (!*payload) return WatchMemory{};
  Result<WatchMemory> memory = decode_watch_memory(**payload);
  if (!memory) return damaged(path, memory.error().message);
  return memory;
}

Result<void> FileAgentStore::save_memory(const WatchMemory& memory) {
  return save_sealed(directory_ / "memory", kMemoryMark, encode(memory));
}

}  // namespace hearth
