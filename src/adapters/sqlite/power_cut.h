#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <sqlite3.h>

namespace hearth {

/// Knows what a power cut would leave of the files that SQLite writes in this process: the content
/// of each file at its last sync, and nothing written since. For tests.
///
/// A VFS over the default one that is itself the default while it exists. Harsher than a real disk,
/// which might keep some of the rest; the checksums of SQLite's log cover that case.
class PowerCut {
 public:
  /// Watches the files in `watched`.
  explicit PowerCut(std::filesystem::path watched);
  ~PowerCut();
  PowerCut(const PowerCut&) = delete;
  PowerCut& operator=(const PowerCut&) = delete;

  /// Writes to `folder` what a power cut would leave at this moment.
  void leave_in(const std::filesystem::path& folder) const;

 private:
  struct OpenFile {
    std::filesystem::path path;
    const sqlite3_io_methods* real;
    bool syncs_folder;  ///< With its first sync, as SQLite does for a log that it has created.
  };

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* out_flags);
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory);
  static int sync(sqlite3_file* file, int flags);

  void sync_folder();

  static PowerCut* installed;  ///< SQLite's callbacks carry no pointer to their object.

  const std::filesystem::path watched_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_;  ///< Ours, by the real ones.
  std::map<sqlite3_file*, OpenFile> open_;
  std::map<std::filesystem::path, std::string> on_disk_;
  std::set<std::filesystem::path> removed_;  ///< Removed from the disk at the folder's next sync.
};

}  // namespace hearth
