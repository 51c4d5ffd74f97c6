#include "adapters/bundle/bundle.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "adapters/bundle/ignore_rules.h"
#include "adapters/content/digest_writer.h"
#include "adapters/file/file.h"
#include "base/check.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kIgnoreFileBytesMax = 1024 * 1024;
/// 2000-01-01T00:00:00Z. Not 1970: zip, and so every tool that makes jars and wheels, refuses files
/// from before 1980, and the local clock can be some hours behind UTC.
constexpr std::time_t kFileTime = 946'684'800;

/// The file that the tar is written to. Removed again unless kept. After the first error it accepts
/// and drops all further bytes, so that libarchive can always finish: it never frees what it has
/// allocated for an archive whose output failed.
class ArchiveFile {
 public:
  ArchiveFile(fs::path path, DigestWriter writer, std::uint64_t bytes_max)
      : path_(std::move(path)), writer_(std::move(writer)), bytes_max_(bytes_max) {}
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;
  ~ArchiveFile() {
    std::error_code ec;
    if (!kept_) fs::remove(path_, ec);
  }

  const fs::path& path() const { return path_; }
  /// Success, or the first error.
  const Result<void>& outcome() const { return outcome_; }

  void give_up(Error error) {
    if (outcome_) outcome_ = tl::unexpected(std::move(error));
  }
  void write(std::string_view bytes) {
    if (!outcome_) return;
    if (writer_.bytes() + bytes.size() <= bytes_max_) {
      outcome_ = writer_.write(bytes);
    } else {
      outcome_ = fail(ErrorCode::kExhausted,
                      fmt::format("the build context is larger than {} MiB; leave out what the "
                                  "image does not need in a .dockerignore",
                                  bytes_max_ >> 20));
    }
  }

  Bundle keep(std::uint32_t files) {
    kept_ = true;
    return Bundle{.digest = writer_.finish(), .bytes = writer_.bytes(), .files = files};
  }

 private:
  fs::path path_;
  DigestWriter writer_;
  std::uint64_t bytes_max_;
  Result<void> outcome_;
  bool kept_ = false;
};

la_ssize_t write_to_file(archive*, void* file, const void* data, std::size_t size) {
  static_cast<ArchiveFile*>(file)->write({static_cast<const char*>(data), size});
  return static_cast<la_ssize_t>(size);
}

/// Walks one context and writes its entries.
class Packer {
 public:
  Packer(fs::path context, IgnoreRules rules, ArchiveFile& file, const BundleLimits& limits)
      : context_(std::move(context)),
        rules_(std::move(rules)),
        file_(file),
        limits_(limits),
        tar_(archive_write_new(), &archive_write_free) {}

  Result<std::uint32_t> pack() {
    // GNU's tar format keeps names byte for byte, whatever the locale; pax would convert them.
    HEARTH_CHECK(tar_ && archive_write_set_format_gnutar(tar_.get()) == ARCHIVE_OK);
    struct stat out{};
    if (::stat(file_.path().c_str(), &out) != 0) {
      return tl::unexpected(file_error("cannot examine", file_.path(), errno));
    }
    out_device_ = out.st_dev;
    out_inode_ = out.st_ino;
    if (archive_write_open(tar_.get(), &file_, nullptr, &write_to_file, nullptr) != ARCHIVE_OK) {
      return tl::unexpected(tar_error(context_));
    }
    if (Result<void> walked = add_folder("", Inclusion::kIncluded); !walked) {
      file_.give_up(walked.error());
      return tl::unexpected(walked.error());
    }
    if (archive_write_close(tar_.get()) != ARCHIVE_OK) return tl::unexpected(tar_error(context_));
    if (!file_.outcome()) return tl::unexpected(file_.outcome().error());
    return files_;
  }

 private:
  enum class Inclusion { kIncluded, kOnlyForItsContent };

  Error tar_error(const fs::path& path) const {
    const char* words = archive_error_string(tar_.get());
    return Error{ErrorCode::kFailed, fmt::format("cannot pack '{}': {}", path.string(),
                                                 words ? words : "no reason given")};
  }

  /// `folder` is relative to the context; empty for the context itself, which has no entry.
  Result<void> add_folder(const std::string& folder, Inclusion inclusion) {
    if (inclusion == Inclusion::kIncluded && !folder.empty()) {
      if (Result<void> added = add_entry(folder, AE_IFDIR, 0755); !added) return added;
    }
    Result<std::vector<std::string>> names = names_in(context_ / folder);
    if (!names) return tl::unexpected(names.error());
    if (inclusion == Inclusion::kOnlyForItsContent) waiting_.push_back(folder);
    for (const std::string& name : *names) {
      if (Result<void> added = add(folder.empty() ? name : folder + "/" + name); !added)
        return added;
    }
    if (!waiting_.empty() && waiting_.back() == folder) waiting_.pop_back();
    return {};
  }

  static Result<std::vector<std::string>> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code ec;
    for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec)) {
      names.push_back(entry->path().filename().string());
    }
    if (ec) {
      return fail(ErrorCode::kFailed,
                  fmt::format("cannot read the folder '{}': {}", folder.string(), ec.message()));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> add(const std::string& path) {
    const fs::path full = context_ / path;
    const bool ignored = rules_.ignores(path);
    struct stat status{};
    if (::lstat(full.c_str(), &status) != 0) {
      return tl::unexpected(file_error("cannot examine", full, errno));
    }
    if (status.st_dev == out_device_ && status.st_ino == out_inode_) return {};
    if (S_ISDIR(status.st_mode)) {
      if (!ignored) return add_folder(path, Inclusion::kIncluded);
      return rules_.has_exceptions() ? add_folder(path, Inclusion::kOnlyForItsContent)
                                     : Result<void>();
    }
    if (ignored) return {};
    if (S_ISLNK(status.st_mode)) return add_link(path);
    if (S_ISREG(status.st_mode)) return add_file(path);
    const std::string_view kind = S_ISSOCK(status.st_mode)   ? "socket"
                                  : S_ISFIFO(status.st_mode) ? "named pipe"
                                                             : "device";
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is a {}, which an image cannot hold; remove it or list it in the "
                            ".dockerignore",
                            full.string(), kind));
  }

  Result<void> add_link(const std::string& path) {
    std::error_code ec;
    const std::string target = fs::read_symlink(context_ / path, ec).string();
    if (ec) {
      return fail(ErrorCode::kFailed, fmt::format("cannot read the link '{}': {}",
                                                  (context_ / path).string(), ec.message()));
    }
    return add_entry(path, AE_IFLNK, 0777, 0, target);
  }

  Result<void> add_file(const std::string& path) {
    const fs::path full = context_ / path;
    // Non-blocking: the file could have been replaced by a pipe a moment ago.
    Result<File> file = File::open(full, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return tl::unexpected(file.error());
    struct stat status{};
    if (::fstat(file->descriptor(), &status) != 0) {
      return tl::unexpected(file_error("cannot examine", full, errno));
    }
    const unsigned mode = (status.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
    if (Result<void> added = add_entry(path, AE_IFREG, mode, status.st_size); !added) return added;
    return copy_content(*file, static_cast<std::uint64_t>(status.st_size));
  }

  Result<void> copy_content(File& file, std::uint64_t size) {
    std::uint64_t copied = 0;
    while (copied <= size) {
      const Result<std::string> bytes = file.read(kReadBytes);
      if (!bytes) return tl::unexpected(bytes.error());
      if (bytes->empty()) break;
      copied += bytes->size();
      if (copied <= size && archive_write_data(tar_.get(), bytes->data(), bytes->size()) < 0) {
        return tl::unexpected(tar_error(file.path()));
      }
      if (!file_.outcome()) return file_.outcome();
    }
    if (copied == size) return {};
    return fail(ErrorCode::kFailed,
                fmt::format("'{}' changed while it was packed; try again", file.path().string()));
  }

  /// Writes an entry, after the entries of the folders above it that were deferred so far.
  Result<void> add_entry(const std::string& path, unsigned type, unsigned mode,
                         std::int64_t size = 0, const std::string& target = {}) {
    for (const std::string& folder : std::exchange(waiting_, {})) {
      if (Result<void> added = write_header(folder, AE_IFDIR, 0755, 0, {}); !added) return added;
    }
    return write_header(path, type, mode, size, target);
  }

  Result<void> write_header(const std::string& path, unsigned type, unsigned mode,
                            std::int64_t size, const std::string& target) {
    if (++files_ > limits_.files_max) {
      return fail(ErrorCode::kExhausted,
                  fmt::format("the build context '{}' has more than {} files; leave out what the "
                              "image does not need in a .dockerignore",
                              context_.string(), limits_.files_max));
    }
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              &archive_entry_free);
    HEARTH_CHECK(entry);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), type);
    archive_entry_set_perm(entry.get(), mode);
    archive_entry_set_size(entry.get(), size);
    archive_entry_set_mtime(entry.get(), kFileTime, 0);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    if (type == AE_IFLNK) archive_entry_set_symlink(entry.get(), target.c_str());
    if (archive_write_header(tar_.get(), entry.get()) != ARCHIVE_OK) {
      return tl::unexpected(tar_error(context_ / path));
    }
    return {};
  }

  fs::path context_;
  IgnoreRules rules_;
  ArchiveFile& file_;
  const BundleLimits& limits_;
  std::unique_ptr<archive, decltype(&archive_write_free)> tar_;
  /// Ignored folders on the way down, not written unless they hold an included file.
  std::vector<std::string> waiting_;
  dev_t out_device_ = 0;
  ino_t out_inode_ = 0;
  std::uint32_t files_ = 0;
};

Result<void> check_context(const fs::path& context) {
  std::error_code ec;
  const fs::file_status status = fs::status(context, ec);
  if (status.type() == fs::file_type::not_found) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no folder '{}'", context.string()));
  }
  if (ec) {
    return fail(ErrorCode::kFailed,
                fmt::format("cannot examine '{}': {}", context.string(), ec.message()));
  }
  if (!fs::is_directory(status)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a folder; name the folder that holds the Dockerfile",
                            context.string()));
  }
  const bool is_empty = fs::is_empty(context, ec);
  if (ec) {
    return fail(ErrorCode::kFailed,
                fmt::format("cannot read the folder '{}': {}", context.string(), ec.message()));
  }
  if (is_empty) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("the folder '{}' is empty; it must hold a Dockerfile", context.string()));
  }
  if (!fs::is_regular_file(context / "Dockerfile", ec)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there is no Dockerfile in '{}'; the file must have exactly this name",
                            context.string()));
  }
  return {};
}

Result<IgnoreRules> read_rules(const fs::path& context) {
  const Result<std::optional<std::string>> text =
      read_file(context / ".dockerignore", kIgnoreFileBytesMax);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return IgnoreRules();
  Result<IgnoreRules> rules = IgnoreRules::parse(**text);
  if (!rules) {
    return fail(rules.error().code,
                fmt::format("in '{}': {}", context.string(), rules.error().message));
  }
  return rules;
}

}  // namespace

Result<Bundle> pack_bundle(const fs::path& context, const fs::path& archive,
                           const BundleLimits& limits) {
  if (Result<void> checked = check_context(context); !checked) {
    return tl::unexpected(checked.error());
  }
  Result<IgnoreRules> rules = read_rules(context);
  if (!rules) return tl::unexpected(rules.error());
  Result<DigestWriter> writer = DigestWriter::create(archive, limits.bytes_max);
  if (!writer) return tl::unexpected(writer.error());
  ArchiveFile file(archive, *std::move(writer), limits.bytes_max);
  const Result<std::uint32_t> files = Packer(context, *std::move(rules), file, limits).pack();
  if (!files) return tl::unexpected(files.error());
  return file.keep(*files);
}

}  // namespace hearth
