#include "adapters/sqlite/power_cut.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace hearth {

PowerCut* PowerCut::installed = nullptr;

PowerCut::PowerCut(std::filesystem::path watched)
    : watched_(std::move(watched)), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  HEARTH_CHECK(installed == nullptr);
  installed = this;
  vfs_.pNext = nullptr;
  vfs_.zName = "power-cut";
  vfs_.xOpen = &PowerCut::open;
  vfs_.xDelete = &PowerCut::remove;
  HEARTH_CHECK(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
}

PowerCut::~PowerCut() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
  installed = nullptr;
}

void PowerCut::leave_in(const std::filesystem::path& folder) const {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  for (const auto& [path, content] : on_disk_) {
    std::ofstream(folder / path.filename(), std::ios::binary) << content;
  }
}

int PowerCut::open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  PowerCut& self = *installed;
  const int code = self.real_->xOpen(self.real_, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr || name == nullptr) return code;
  if (std::filesystem::path(name).parent_path() != self.watched_) return code;
  const sqlite3_io_methods* const real = file->pMethods;
  auto [ours, fresh] = self.methods_.try_emplace(real, *real);
  if (fresh) ours->second.xSync = &PowerCut::sync;
  file->pMethods = &ours->second;
  const bool is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  self.removed_.erase(name);
  self.open_.insert_or_assign(file, OpenFile{name, real, is_log && !self.on_disk_.contains(name)});
  return code;
}

int PowerCut::remove(sqlite3_vfs*, const char* name, int sync_directory) {
  PowerCut& self = *installed;
  const int code = self.real_->xDelete(self.real_, name, sync_directory);
  if (code == SQLITE_OK) self.removed_.insert(name);
  if (code == SQLITE_OK && sync_directory != 0) self.sync_folder();
  return code;
}

int PowerCut::sync(sqlite3_file* file, int flags) {
  PowerCut& self = *installed;
  OpenFile& opened = self.open_.at(file);
  const int code = opened.real->xSync(file, flags);
  if (code != SQLITE_OK) return code;
  std::ifstream content(opened.path, std::ios::binary);
  self.on_disk_[opened.path] = {std::istreambuf_iterator<char>(content), {}};
  if (std::exchange(opened.syncs_folder, false)) self.sync_folder();
  return code;
}

void PowerCut::sync_folder() {
  for (const std::filesystem::path& path : removed_) on_disk_.erase(path);
  removed_.clear();
}

}  // namespace hearth
