#include "adapters/agent_store/file_work_folder.h"

#include <system_error>

namespace hearth {

std::filesystem::path FileWorkFolder::clear() {
  std::filesystem::path aside = folder_;
  aside += ".old";
  std::error_code ec;
  std::filesystem::rename(folder_, aside, ec);
  // An older folder is still aside: its removal was interrupted, too.
  if (ec) std::filesystem::remove_all(folder_, ec);
  std::filesystem::create_directories(folder_, ec);
  return aside;
}

void FileWorkFolder::remove(const std::filesystem::path& path) {
  std::error_code ec;
  std::filesystem::remove_all(path, ec);
}

}  // namespace hearth
