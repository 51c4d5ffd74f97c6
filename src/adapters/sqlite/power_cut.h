#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <sqlite3.h>

namespace hearth {

/// Knows what a power cut would leave of the files that SQLite writes in this process: of each what
/// it held when it was last synced, and nothing of what was written since. For tests.
///
/// It is a VFS over the default one, and the default one itself while it lives. Harsher than a real
/// disk, which may keep some of the rest; that case is what the checksums of SQLite's log are for.
class PowerCut {
 public:
  /// Watches the files in `watched`.
  explicit PowerCut(std::filesystem::path watched);
  ~PowerCut();
  PowerCut(const PowerCut&) = delete;
  PowerCut& operator=(const PowerCut&) = delete;

  /// Writes to `folder` what would be left now.
  void leave_in(const std::filesystem::path& folder) const;

 private:
  struct OpenFile {
    std::filesystem::path path;
    const sqlite3_io_methods* real;
    bool syncs_folder;  ///< At its first sync: SQLite does that for a log it has made.
  };

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* out_flags);
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory);
  static int sync(sqlite3_file* file, int flags);

  void sync_folder();

  static PowerCut* installed;  ///< SQLite calls back without a word on whom.

  const std::filesystem::path watched_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_;  ///< Ours, by the real ones.
  std::map<sqlite3_file*, OpenFile> open_;
  std::map<std::filesystem::path, std::string> on_disk_;
  std::set<std::filesystem::path> removed_;  ///< Gone from the disk at the folder's next sync.
};

}  // namespace hearth
