#include "adapters/last_words/file_last_words.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "adapters/file/file.h"
#include "adapters/file/sha256.h"
#include "wire/percent_coding.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "hearth-last-words 1 ";
constexpr std::string_view kSuffix = ".words";
constexpr std::string_view kUnfinishedSuffix = ".words.new";  // See replace_file().
constexpr std::size_t kHeaderBytesMax = 128;
/// Of a file's name, with room for what replace_file() appends.
constexpr std::size_t kNameBytesMax = 250;

struct Owner {
  InstanceId instance;
  ContainerId container;
};

std::string name_of(const InstanceId& instance, const ContainerId& container) {
  return fmt::format("{}@{}{}", percent_encode(instance.str()), percent_encode(container.str()),
                     kSuffix);
}

std::optional<Owner> owner_of(std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view id = name.substr(at + 1, name.size() - kSuffix.size() - at - 1);
  const std::optional<std::string> instance = percent_decode(name.substr(0, at));
  const std::optional<std::string> container = percent_decode(id);
  if (!instance || !container) return std::nullopt;
  Owner owner{InstanceId{*instance}, ContainerId{*container}};
  return name == name_of(owner.instance, owner.container) ? std::optional(std::move(owner))
                                                          : std::nullopt;
}

fs::file_time_type file_time(WallTime at) {
  const std::chrono::sys_time<WallTime::duration> time(at.time_since_epoch());
  return std::chrono::file_clock::from_sys(time);
}

WallTime wall_time(fs::file_time_type at) {
  return WallTime(std::chrono::floor<WallTime::duration>(
      std::chrono::file_clock::to_sys(at).time_since_epoch()));
}

bool is_expired(WallTime at, WallTime now) {
  return now - at > LastWordsStore::kAgeMax;
}

}  // namespace

FileLastWords::FileLastWords(fs::path folder, std::function<void(const Error&)> on_damage)
    : folder_(std::move(folder)), on_damage_(std::move(on_damage)) {}

Result<void> FileLastWords::keep(const LastWords& words, WallTime now) {
  const std::string name = name_of(words.instance, words.container);
  if (name.size() > kNameBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the last words of '{}' cannot be kept: its id and that of its "
                            "container are too long for the name of a file",
                            words.instance.str()));
  }
  if (Result<void> made = make_directory(folder_); !made) return made;
  const fs::path path = folder_ / name;
  make_room(path, now);
  std::string_view text = words.text;
  if (text.size() > LastWords::kBytesMax) text.remove_prefix(text.size() - LastWords::kBytesMax);
  const std::string content = fmt::format("{}{}\n{}", kMark, sha256_of(text).str(), text);
  if (Result<void> written = replace_file(path, content); !written) return written;
  std::error_code ec;
  fs::last_write_time(path, file_time(words.at), ec);  // If it fails, it is right to the second.
  return {};
}

Result<std::optional<LastWords>> FileLastWords::latest(const InstanceId& instance,
                                                       const ContainerId& but_not, WallTime now) {
  for (const Entry& entry : newest_first()) {
    if (entry.instance != instance || entry.container == but_not) continue;
    if (is_expired(entry.at, now)) break;
    if (std::optional<std::string> text = text_of(entry)) {
      return LastWords{instance, entry.container, entry.at, *std::move(text)};
    }
  }
  return std::nullopt;
}

/// Drops what exceeds the bounds once `for_file` is written.
void FileLastWords::make_room(const fs::path& for_file, WallTime now) {
  std::size_t kept = 1;
  std::error_code ec;
  for (const Entry& entry : newest_first()) {
    if (entry.path == for_file) continue;
    if (kept < kCountMax && !is_expired(entry.at, now)) {
      ++kept;
    } else {
      fs::remove(entry.path, ec);
    }
  }
}

std::vector<FileLastWords::Entry> FileLastWords::newest_first() {
  std::vector<Entry> entries;
  std::error_code ec;
  for (fs::directory_iterator file(folder_, ec), end; !ec && file != end; file.increment(ec)) {
    const fs::path& path = file->path();
    const std::string name = path.filename().string();
    std::error_code gone;
    if (name.ends_with(kUnfinishedSuffix)) {
      fs::remove(path, gone);
    } else if (std::optional<Owner> owner = owner_of(name); !owner) {
      skip(path, "it is not a file of Hearth's");
    } else if (const auto at = fs::last_write_time(path, gone); !gone) {
      entries.push_back(
          {path, std::move(owner->instance), std::move(owner->container), wall_time(at)});
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& one, const Entry& other) {
    return std::tie(one.at, one.path) > std::tie(other.at, other.path);
  });
  return entries;
}

std::optional<std::string> FileLastWords::text_of(const Entry& entry) {
  const auto content = read_file(entry.path, kHeaderBytesMax + LastWords::kBytesMax);
  if (!content) {
    skip(entry.path, content.error().message);
    return std::nullopt;
  }
  if (!*content) return std::nullopt;
  const std::string_view whole = **content;
  const std::size_t end = std::min(whole.find('\n'), whole.size());
  const std::string_view text = whole.substr(std::min(end + 1, whole.size()));
  if (whole.substr(0, end) != fmt::format("{}{}", kMark, sha256_of(text).str())) {
    skip(entry.path, "its content does not match its digest");
    return std::nullopt;
  }
  return std::string(text);
}

void FileLastWords::skip(const fs::path& path, std::string_view why) {
  if (skipped_.size() >= kCountMax || !skipped_.insert(path).second || !on_damage_) return;
  on_damage_(
      {ErrorCode::kCorrupt, fmt::format("'{}' is skipped: {}; remove it", path.string(), why)});
}

}  // namespace hearth
