#include "adapters/sqlite/disk_reserve.h"

#include <system_error>
#include <utility>

#include <fcntl.h>

#include "adapters/file/file.h"

namespace hearth {

DiskReserve::DiskReserve(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code none;
  held_ = std::filesystem::file_size(path_, none) == kBytes && !none;
}

std::uint64_t DiskReserve::disk_bytes_left() const {
  std::error_code none;
  const std::filesystem::space_info space = std::filesystem::space(path_.parent_path(), none);
  return none ? 0 : space.available;
}

bool DiskReserve::is_needed() const {
  return disk_bytes_left() < kBytes;
}

bool DiskReserve::release() {
  held_ = false;
  std::error_code none;
  return std::filesystem::remove(path_, none);
}

bool DiskReserve::restore() {
  if (held_ || disk_bytes_left() < kBytes + kBytes / 4) return held_;
  const Result<File> file = File::open(path_, O_WRONLY | O_CREAT);
  held_ = file && ::posix_fallocate(file->descriptor(), 0, kBytes) == 0;
  if (!held_) release();
  return held_;
}

}  // namespace hearth
