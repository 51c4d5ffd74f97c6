#include "adapters/content/digest_writer.h"

#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

namespace hearth {
namespace {

/// The disk is asked to write each part of this size, so that the final sync, for which a loop
/// waits, has little left to do.
constexpr std::uint64_t kFlushBytes = 8 << 20;

}  // namespace

DigestWriter::DigestWriter(File file, std::uint64_t bytes_max)
    : file_(std::move(file)), bytes_max_(bytes_max) {}

Result<DigestWriter> DigestWriter::create(const std::filesystem::path& file,
                                          std::uint64_t bytes_max) {
  Result<File> opened = File::open(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (!opened) return tl::unexpected(opened.error());
  return DigestWriter(*std::move(opened), bytes_max);
}

Result<void> DigestWriter::write(std::string_view piece) {
  if (piece.size() > bytes_max_ - bytes_) {
    return fail(ErrorCode::kExhausted,
                fmt::format("the content is larger than the allowed {} bytes", bytes_max_));
  }
  if (Result<void> written = file_.write(piece); !written) return written;
  sum_.add(piece);
  bytes_ += piece.size();
  if (bytes_ - bytes_flushing_ >= kFlushBytes) {
    // A hint: on file systems without it, the final sync does all the work.
    (void)::sync_file_range(file_.descriptor(), static_cast<off64_t>(bytes_flushing_),
                            static_cast<off64_t>(bytes_ - bytes_flushing_), SYNC_FILE_RANGE_WRITE);
    bytes_flushing_ = bytes_;
  }
  return {};
}

}  // namespace hearth
