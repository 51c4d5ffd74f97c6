#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/file/file.h"
#include "base/result.h"

namespace hearth::cli {

/// The output of one of our programs, in a file of bounded size: at `bytes_max` the file is renamed
/// to "NAME.1", replacing the previous one, and a new file begins.
///
/// A full disk costs lines, and nothing else.
class BoundedLog {
 public:
  static constexpr std::uint64_t kBytesMax = 4 * 1024 * 1024;

  explicit BoundedLog(std::filesystem::path path, std::uint64_t bytes_max = kBytesMax);

  void append(std::string_view bytes);
  /// The last non-empty line, cut to a length that fits a message.
  std::string last_line() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  bool open();

  std::filesystem::path path_;
  std::uint64_t bytes_max_;
  std::optional<File> file_;
  std::uint64_t bytes_ = 0;
  std::string tail_;  ///< The latest bytes, for last_line().
};

}  // namespace hearth::cli
