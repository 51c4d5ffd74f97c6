#pragma once

#include <filesystem>
#include <string>

#include "adapters/docker/engine_client.h"
#include "adapters/file/file.h"
#include "adapters/file/sha256.h"
#include "adapters/loop/worker_thread.h"
#include "model/digest.h"

namespace hearth::docker {

/// A file on its way to the engine, read on the worker's thread.
class FileUpload {
 public:
  static Result<FileUpload> open(const std::filesystem::path& path, WorkerThread& worker,
                                 Coroutine& coroutine);
  /// Valid as long as this is.
  Upload upload();

 private:
  FileUpload(File file, std::uint64_t size, WorkerThread& worker)
      : file_(std::move(file)), size_(size), worker_(worker) {}

  File file_;
  std::uint64_t size_;
  WorkerThread& worker_;
  std::string piece_;
};

/// An image as the engine streams it, a tar file, on its way into a file; its digest is computed on
/// the way. One that was neither finished nor discarded, because the loop ended, is removed as it
/// goes.
class ImageFile {
 public:
  static Result<ImageFile> create(const std::filesystem::path& path, WorkerThread& worker,
                                  Coroutine& coroutine);
  ~ImageFile();
  ImageFile(ImageFile&& other) noexcept;

  Result<void> write(std::string_view piece, Coroutine& coroutine);
  /// The digest, once all is written. kFailed with the engine's reason, if that stands where the
  /// end of the tar file should be: the engine has no other way to tell of a failure on the way.
  Result<Digest> finish(std::string_view doing, Coroutine& coroutine);
  /// Removes it, on the worker's thread: a large one takes a busy disk a while.
  void discard(Coroutine& coroutine);

 private:
  ImageFile(File file, WorkerThread& worker) : file_(std::move(file)), worker_(worker) {}
  Result<void> flush(Coroutine& coroutine);
  void remove() const;

  std::optional<File> file_;  ///< Empty: finished.
  WorkerThread& worker_;
  Sha256 sum_;
  std::string buffer_;
  std::string tail_;  ///< The last bytes of what was flushed.
};

}  // namespace hearth::docker
