#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "model/assignment.h"
#include "ports/container_runtime.h"
#include "ports/content_client.h"
#include "ports/http_client.h"

namespace hearth {

/// Moves images between the manager's content store and the node's engine, through files in a
/// folder of its own. Each call ends in exactly one completion; files go when it does.
class ImageWork {
 public:
  /// `folder` is emptied: what lies there belongs to an attempt that was cut off.
  ImageWork(std::filesystem::path folder, ContainerRuntime& runtime, ContentClient& content,
            HttpClient& http, Endpoint manager);

  /// From the content store into the engine.
  void fetch(const Image& image, const Completion<void>& done);
  /// Bundle from the content store, image into it; the engine's output goes up as it comes. Tells
  /// the digest of the saved image.
  void build(const BuildOrder& order, Completion<Digest> done);

 private:
  struct Build;
  std::filesystem::path fresh_file(const std::string& kind);
  void run_build(const std::shared_ptr<Build>& build);
  void save(const std::shared_ptr<Build>& build);
  void hand_over(const std::shared_ptr<Build>& build, const Digest& archive);
  void finish(const std::shared_ptr<Build>& build, Result<Digest> outcome);

  std::filesystem::path folder_;
  ContainerRuntime& runtime_;
  ContentClient& content_;
  HttpClient& http_;
  Endpoint manager_;
  std::uint64_t files_ = 0;
};

}  // namespace hearth
