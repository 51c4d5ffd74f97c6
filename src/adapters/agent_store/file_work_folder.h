#pragma once

#include <filesystem>

#include "ports/work_folder.h"

namespace hearth {

/// A WorkFolder that an agent owns alone. Errors of clearing it are ignored: a file that cannot be
/// written then reports its own.
class FileWorkFolder final : public WorkFolder {
 public:
  explicit FileWorkFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path clear() override;
  void remove(const std::filesystem::path& path) override;
  const std::filesystem::path& path() const override { return folder_; }

 private:
  const std::filesystem::path folder_;
};

}  // namespace hearth
