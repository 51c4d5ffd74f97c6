#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ports/last_words.h"

namespace hearth {

/// A LastWordsStore in a folder that one agent owns alone, with one file per container:
///
///     INSTANCE@CONTAINER.words    percent-coded names; a line with the digest of the rest, then
///                                 the text. The time of the file is when the container died.
///
/// A file that is damaged, or that another program put there, is skipped and reported once. What a
/// power cut leaves of a file that was being written is removed with the next one.
class FileLastWords final : public LastWordsStore {
 public:
  /// The folder is created when it is first needed. `on_damage` is called within the calls below,
  /// with what was skipped, to be shown to operators.
  explicit FileLastWords(std::filesystem::path folder,
                         std::function<void(const Error&)> on_damage = {});

  /// kInvalidArgument: the two ids are too long for the name of a file.
  Result<void> keep(const LastWords& words, WallTime now) override;
  Result<std::optional<LastWords>> latest(const InstanceId& instance, const ContainerId& but_not,
                                          WallTime now) override;

 private:
  struct Entry {
    std::filesystem::path path;
    InstanceId instance;
    ContainerId container;
    WallTime at;
  };

  std::vector<Entry> newest_first();
  void make_room(const std::filesystem::path& for_file, WallTime now);
  std::optional<std::string> text_of(const Entry& entry);
  void skip(const std::filesystem::path& path, std::string_view why);

  const std::filesystem::path folder_;
  const std::function<void(const Error&)> on_damage_;
  std::set<std::filesystem::path> skipped_;  ///< Reported; at most kCountMax.
};

}  // namespace hearth
