#include "cli/dev/bounded_log.h"

#include <fcntl.h>

#include <system_error>
#include <utility>

#include "cli/terminal/terminal.h"

namespace hearth::cli {
namespace {

constexpr std::size_t kTailBytesMax = 1024;

}  // namespace

BoundedLog::BoundedLog(std::filesystem::path path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {}

bool BoundedLog::open() {
  Result<File> file = File::open(path_, O_WRONLY | O_CREAT | O_APPEND);
  if (!file) return false;
  std::error_code ec;
  bytes_ = std::filesystem::file_size(path_, ec);
  if (ec) bytes_ = 0;
  file_ = *std::move(file);
  return true;
}

void BoundedLog::append(std::string_view bytes) {
  tail_ += bytes;
  if (tail_.size() > kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
  if (!file_ && !open()) return;
  if (bytes_ > 0 && bytes_ + bytes.size() > bytes_max_) {
    file_.reset();
    std::error_code ec;
    std::filesystem::rename(path_, path_.string() + ".1", ec);
    if (!open()) return;
  }
  if (file_->write(bytes)) bytes_ += bytes.size();
}

std::string BoundedLog::last_line() const {
  const std::size_t end = tail_.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t newline = tail_.rfind('\n', end);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  return printable(std::string_view(tail_).substr(begin, end - begin + 1));
}

}  // namespace hearth::cli
