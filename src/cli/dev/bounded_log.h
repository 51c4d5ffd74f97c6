#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/file/file.h"
#include "base/result.h"

namespace hearth::cli {

/// What a program of ours wrote, in a file that does not grow without end: at `bytes_max` it
/// becomes "NAME.1", in place of the one before, and a new one begins.
///
/// A disk that is full costs lines, and nothing else.
class BoundedLog {
 public:
  static constexpr std::uint64_t kBytesMax = 4 * 1024 * 1024;

  explicit BoundedLog(std::filesystem::path path, std::uint64_t bytes_max = kBytesMax);

  void append(std::string_view bytes);
  /// The last line that is not empty, cut to a length that fits a message.
  std::string last_line() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  bool open();

  std::filesystem::path path_;
  std::uint64_t bytes_max_;
  std::optional<File> file_;
  std::uint64_t bytes_ = 0;
  std::string tail_;  ///< The last bytes, for last_line().
};

}  // namespace hearth::cli
