#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "ports/content_client.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "sim/work_folder.h"

namespace hearth::sim {

/// The images and bundles in the manager's content store.
struct ContentStore {
  std::map<Digest, std::string> archives;  ///< Saved images and their references.
  std::set<Digest> bundles;
  std::set<Digest> bad_bundles;  ///< Those whose Dockerfile does not build.
};

/// The ContentClient of one agent's process. A transfer takes time and is judged at its end: the
/// store must be reachable then, and the disk have room.
class SimContentClient final : public ContentClient {
 public:
  struct Parts {
    SimLoop& loop;
    ContentStore& content;
    SimWorkFolder& folder;
    const SimDisk& disk;
    std::function<bool()> reachable;
  };
  explicit SimContentClient(Parts parts) : parts_(std::move(parts)) {}

  void download(const Digest& digest, std::filesystem::path file, Completion<void> done) override;
  void upload(std::filesystem::path file, const Digest& digest, Completion<void> done) override;

 private:
  Result<void> receive(const Digest& digest, const std::filesystem::path& file);
  Result<void> hand_over(const std::filesystem::path& file, const Digest& digest);

  Parts parts_;
};

}  // namespace hearth::sim
