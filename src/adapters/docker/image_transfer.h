#pragma once

#include <filesystem>
#include <string>

#include "adapters/docker/engine_client.h"
#include "adapters/file/file.h"
#include "adapters/file/sha256.h"
#include "adapters/loop/worker_thread.h"
#include "model/digest.h"

namespace hearth::docker {

/// A file being sent to the engine, read on the worker's thread.
class FileUpload {
 public:
  static Result<FileUpload> open(const std::filesystem::path& path, WorkerThread& worker,
                                 Coroutine& coroutine);
  /// Valid as long as this object.
  Upload upload();

 private:
  FileUpload(File file, std::uint64_t size, WorkerThread& worker)
      : file_(std::move(file)), size_(size), worker_(worker) {}

  File file_;
  std::uint64_t size_;
  WorkerThread& worker_;
  std::string piece_;
};

/// A file that receives an image, a tar stream of the engine, and computes its digest on the way.
/// The destructor removes a file that was neither finished nor discarded because the loop ended.
class ImageFile {
 public:
  static Result<ImageFile> create(const std::filesystem::path& path, WorkerThread& worker,
                                  Coroutine& coroutine);
  ~ImageFile();
  ImageFile(ImageFile&& other) noexcept;

  Result<void> write(std::string_view piece, Coroutine& coroutine);
  /// The digest, once everything is written. kFailed with the engine's reason if that is in place
  /// of the end of the tar file: the engine has no other way to report a failure midway.
  Result<Digest> finish(std::string_view doing, Coroutine& coroutine);
  /// Removes the file, on the worker's thread: on a busy disk a large one takes a while.
  void discard(Coroutine& coroutine);

 private:
  ImageFile(File file, WorkerThread& worker) : file_(std::move(file)), worker_(worker) {}
  Result<void> flush(Coroutine& coroutine);
  void remove() const;

  std::optional<File> file_;  ///< Empty once finished.
  WorkerThread& worker_;
  Sha256 sum_;
  std::string buffer_;
  std::string tail_;  ///< The last bytes flushed.
};

}  // namespace hearth::docker
