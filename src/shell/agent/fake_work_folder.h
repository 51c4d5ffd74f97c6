#pragma once

#include <filesystem>
#include <set>

#include "ports/work_folder.h"

namespace hearth {

/// Hands out file names and creates no files.
struct FakeWorkFolder final : WorkFolder {
  std::filesystem::path clear() override { return aside; }
  void remove(const std::filesystem::path& file) override { files.erase(file); }
  const std::filesystem::path& path() const override { return folder; }

  const std::filesystem::path folder = "/work";
  const std::filesystem::path aside = "/work.old";
  std::set<std::filesystem::path> files = {aside};
};

}  // namespace hearth
