#include "adapters/docker/image_transfer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace hearth::docker {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
/// A tar file ends with two blocks of zeros.
constexpr std::size_t kTarEndBytes = 1024;
/// Room for a message in place of that end.
constexpr std::size_t kTailBytes = 4096;

struct OpenedFile {
  File file;
  std::uint64_t size;
};

Result<OpenedFile> open_with_size(const std::filesystem::path& path) {
  auto file = File::open(path, O_RDONLY);
  if (!file) return tl::unexpected(file.error());
  std::error_code ec;
  const std::uint64_t size = std::filesystem::file_size(path, ec);
  if (ec) return tl::unexpected(file_error("cannot read", path, ec.value()));
  return OpenedFile{std::move(*file), size};
}

bool ends_tar(std::string_view tail) {
  return tail.size() >= kTarEndBytes &&
         tail.substr(tail.size() - kTarEndBytes).find_first_not_of('\0') == std::string_view::npos;
}

/// The engine's reason, from the message that it wrote after the incomplete tar file.
std::string reason_in(std::string_view tail) {
  const std::size_t begin = tail.rfind("{\"errorDetail\"");
  if (begin == std::string_view::npos) return "the image it sent is incomplete";
  const auto message = decode_progress(tail.substr(begin));
  return message ? message->error : "the image it sent is incomplete";
}

}  // namespace

Result<FileUpload> FileUpload::open(const std::filesystem::path& path, WorkerThread& worker,
                                    Coroutine& coroutine) {
  auto opened = worker.run([&] { return open_with_size(path); }, coroutine);
  if (!opened) return tl::unexpected(opened.error());
  return FileUpload(std::move(opened->file), opened->size, worker);
}

Upload FileUpload::upload() {
  return {size_, [this](Coroutine& coroutine) -> Result<std::string_view> {
            auto piece = worker_.run([this] { return file_.read(kPieceBytes); }, coroutine);
            if (!piece) return tl::unexpected(piece.error());
            piece_ = std::move(*piece);
            if (piece_.empty()) {
              return fail(
                  ErrorCode::kCorrupt,
                  fmt::format("'{}' was truncated while it was being sent", file_.path().native()));
            }
            return std::string_view(piece_);
          }};
}

Result<ImageFile> ImageFile::create(const std::filesystem::path& path, WorkerThread& worker,
                                    Coroutine& coroutine) {
  auto file = worker.run([&] { return File::open(path, O_WRONLY | O_CREAT | O_TRUNC); }, coroutine);
  if (!file) return tl::unexpected(file.error());
  return ImageFile(std::move(*file), worker);
}

ImageFile::ImageFile(ImageFile&& other) noexcept
    : file_(std::exchange(other.file_, std::nullopt)),
      worker_(other.worker_),
      sum_(std::move(other.sum_)),
      buffer_(std::move(other.buffer_)),
      tail_(std::move(other.tail_)) {}

ImageFile::~ImageFile() {
  if (file_) remove();
}

void ImageFile::discard(Coroutine& coroutine) {
  if (!file_) return;
  worker_.run(
      [this] {
        remove();
        file_.reset();  // The last close: the file system frees its blocks here.
        return true;
      },
      coroutine);
}

void ImageFile::remove() const {
  std::error_code ignored;  // A partial file that cannot be removed does no harm.
  std::filesystem::remove(file_->path(), ignored);
}

Result<void> ImageFile::write(std::string_view piece, Coroutine& coroutine) {
  buffer_ += piece;
  return buffer_.size() < kPieceBytes ? Result<void>() : flush(coroutine);
}

Result<Digest> ImageFile::finish(std::string_view doing, Coroutine& coroutine) {
  if (auto flushed = flush(coroutine); !flushed) return tl::unexpected(flushed.error());
  if (!ends_tar(tail_)) return tl::unexpected(failure(reason_in(tail_), doing));
  file_.reset();
  return sum_.finish();
}

Result<void> ImageFile::flush(Coroutine& coroutine) {
  auto written = worker_.run(
      [this] {
        sum_.add(buffer_);
        return file_->write(buffer_);
      },
      coroutine);
  tail_ += std::string_view(buffer_).substr(buffer_.size() - std::min(buffer_.size(), kTailBytes));
  tail_.erase(0, tail_.size() - std::min(tail_.size(), kTailBytes));
  buffer_.clear();
  return written;
}

}  // namespace hearth::docker
