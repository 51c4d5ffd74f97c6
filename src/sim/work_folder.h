#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "model/digest.h"
#include "ports/work_folder.h"

namespace hearth::sim {

/// The WorkFolder on a node's disk: its files and their contents. It outlives the processes and
/// boots of agent and machine.
class SimWorkFolder final : public WorkFolder {
 public:
  struct Content {
    Digest digest;
    std::string reference;  ///< Of a saved image; empty for a bundle.
  };

  std::filesystem::path clear() override {
    if (aside_.empty()) aside_.swap(files_);
    files_.clear();
    return aside_name_;
  }
  void remove(const std::filesystem::path& file) override {
    file == aside_name_ ? aside_.clear() : static_cast<void>(files_.erase(file));
  }
  const std::filesystem::path& path() const override { return name_; }

  void put(const std::filesystem::path& file, Content content) {
    files_.insert_or_assign(file, std::move(content));
  }
  const Content* find(const std::filesystem::path& file) const {
    const auto found = files_.find(file);
    return found == files_.end() ? nullptr : &found->second;
  }
  std::size_t files() const { return files_.size() + aside_.size(); }

 private:
  const std::filesystem::path name_ = "/work";
  const std::filesystem::path aside_name_ = "/work.old";
  std::map<std::filesystem::path, Content> files_;
  std::map<std::filesystem::path, Content> aside_;
};

}  // namespace hearth::sim
