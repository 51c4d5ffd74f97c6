#include "cli/client/deployment.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include <fmt/format.h>

#include "adapters/bundle/bundle.h"
#include "adapters/file/file.h"
#include "cli/terminal/terminal.h"
#include "wire/workload_document.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;

/// A file without a name: it disappears with the process, however that ends. Opened by its
/// descriptor's path.
class NamelessFile {
 public:
  static Result<NamelessFile> make() {
    std::error_code ec;
    const fs::path folder = fs::temp_directory_path(ec);
    std::string name = (folder / "hearth-bundle-XXXXXX").string();
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) {
      return tl::unexpected(file_error("cannot make a temporary file in", folder, errno));
    }
    ::unlink(name.c_str());
    return NamelessFile(folder, descriptor);
  }
  NamelessFile(NamelessFile&& other) noexcept
      : folder_(std::move(other.folder_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  NamelessFile& operator=(NamelessFile&&) = delete;
  ~NamelessFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  fs::path path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }
  /// Replaces the descriptor's path, which means nothing to the user, in the message.
  Error in_words(Error error) const {
    const std::string path = this->path().string();
    if (const std::size_t at = error.message.find(path); at != std::string::npos) {
      error.message.replace(at, path.size(), (folder_ / "(temporary file)").string());
    }
    return error;
  }

 private:
  NamelessFile(fs::path folder, int descriptor)
      : folder_(std::move(folder)), descriptor_(descriptor) {}

  fs::path folder_;
  int descriptor_;
};

Result<Bundle> hand_over_bundle(const ApiClient& api, const fs::path& folder,
                                const DeployProgress& progress) {
  const Result<NamelessFile> file = NamelessFile::make();
  if (!file) return tl::unexpected(of_this_machine(file.error()));
  Result<Bundle> bundle = pack_bundle(folder, file->path());
  if (!bundle) return tl::unexpected(of_this_machine(file->in_words(std::move(bundle.error()))));
  const std::string what =
      fmt::format("packed {}: {}, {}, {}", folder.string(), show_count(bundle->files, "file"),
                  show_bytes(bundle->bytes), bundle->digest.short_hex());
  const Result<bool> known = api.has_content(bundle->digest);
  if (!known) return tl::unexpected(known.error());
  if (*known) {
    progress.on_step(what + "; the manager has it already");
    return bundle;
  }
  progress.on_step(what);
  if (Result<void> sent = api.put_content(bundle->digest, file->path()); !sent) {
    return tl::unexpected(file->in_words(std::move(sent.error())));
  }
  return bundle;
}

}  // namespace

Result<Deployed> deploy(const ApiClient& api, const DeployOrder& order, DeployWait wait,
                        Duration timeout, const DeployProgress& progress) {
  Digest bundle = no_bundle();
  if (!order.workload.instance.adopted) {
    const Result<Bundle> packed = hand_over_bundle(api, order.folder, progress);
    if (!packed) return tl::unexpected(packed.error());
    bundle = packed->digest;
  }
  const std::string& name = order.workload.name.str();
  const Result<std::string> taken = api.send(HttpMethod::kPut, "/v1/workloads/" + name,
                                             encode_workload(order.workload.with_bundle(bundle)));
  if (!taken) return tl::unexpected(taken.error());
  const Result<std::uint64_t> generation = decode_generation(*taken);
  if (!generation) return tl::unexpected(generation.error());
  Deployed deployed{.generation = *generation, .bundle = bundle, .workload = {}, .instances = {}};
  if (wait == DeployWait::kNot) return deployed;

  Result<FollowedRelease> followed = follow_release(api, name, *generation, timeout, progress);
  if (!followed) return tl::unexpected(followed.error());
  deployed.workload = std::move(followed->workload);
  deployed.instances = std::move(followed->instances);
  return deployed;
}

}  // namespace hearth::cli
