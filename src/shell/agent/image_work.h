#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/agent/messages.h"
#include "model/assignment.h"
#include "ports/container_runtime.h"
#include "ports/content_client.h"
#include "ports/http_client.h"
#include "ports/loop.h"
#include "ports/work_folder.h"

namespace hearth {

/// Moves images between the manager's content store and the node's runtime, through files in its
/// own folder. Each call ends in exactly one completion; its files are then removed, on `disk`:
/// removing a large one takes a busy disk longer than the loop can wait.
class ImageWork {
 public:
  /// Empties `folder`: its files belong to interrupted attempts.
  ImageWork(WorkFolder& folder, ContainerRuntime& runtime, ContentClient& content, HttpClient& http,
            Endpoint manager, Worker& disk);

  /// `failed_step`: which step failed, on an error.
  using Fetched = std::function<void(const Result<void>& outcome, core::FetchStep failed_step)>;
  /// Loads the image from the content store into the runtime.
  void fetch(const Image& image, const Fetched& done);
  /// Fetches the bundle from the content store, builds the image, and uploads it there; the
  /// runtime's output is sent as it arrives. Returns the digest of the saved image. One build at a
  /// time.
  void build(const BuildOrder& order, Completion<Digest> done);
  /// Ends the build in progress, if any, as soon as its step allows: those of the runtime are
  /// broken off, a transfer from or to the manager is awaited.
  void cancel_build();

 private:
  struct Build;
  void drop(const std::filesystem::path& file);
  std::filesystem::path fresh_file(const std::string& kind);
  void run_build(const std::shared_ptr<Build>& build);
  void save(const std::shared_ptr<Build>& build);
  void hand_over(const std::shared_ptr<Build>& build, const Digest& archive);
  void finish(const std::shared_ptr<Build>& build, Result<Digest> outcome);

  WorkFolder& folder_;
  ContainerRuntime& runtime_;
  ContentClient& content_;
  HttpClient& http_;
  Endpoint manager_;
  Worker& disk_;
  std::weak_ptr<Build> building_;
  std::uint64_t files_ = 0;
};

}  // namespace hearth
