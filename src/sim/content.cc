#include "sim/content.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

tl::unexpected<Error> unreachable() {
  return fail(ErrorCode::kUnavailable, "the manager does not answer");
}

}  // namespace

void SimContentClient::download(const Digest& digest, std::filesystem::path file,
                                Completion<void> done) {
  const Duration takes = parts_.loop.world().between(milliseconds(25), milliseconds(750));
  parts_.loop.after(takes, [this, digest, file = std::move(file), done = std::move(done)] {
    done(receive(digest, file));
  });
}

Result<void> SimContentClient::receive(const Digest& digest, const std::filesystem::path& file) {
  if (!parts_.reachable()) return unreachable();
  const auto archive = parts_.content.archives.find(digest);
  const bool is_archive = archive != parts_.content.archives.end();
  if (!is_archive && !parts_.content.bundles.contains(digest)) {
    return fail(ErrorCode::kNotFound, "the content store has no such content");
  }
  if (parts_.disk.is_full()) return fail(ErrorCode::kExhausted, "no space left on the disk");
  parts_.folder.put(file, {.digest = digest, .reference = is_archive ? archive->second : ""});
  return {};
}

void SimContentClient::upload(std::filesystem::path file, const Digest& digest,
                              Completion<void> done) {
  const Duration takes = parts_.loop.world().between(milliseconds(50), milliseconds(800));
  parts_.loop.after(takes, [this, digest, file = std::move(file), done = std::move(done)] {
    done(hand_over(file, digest));
  });
}

Result<void> SimContentClient::hand_over(const std::filesystem::path& file, const Digest& digest) {
  if (!parts_.reachable()) return unreachable();
  const SimWorkFolder::Content* content = parts_.folder.find(file);
  if (content == nullptr || content->digest != digest) {
    return fail(ErrorCode::kCorrupt, "the file does not match its digest");
  }
  parts_.content.archives.insert_or_assign(digest, content->reference);
  return {};
}

}  // namespace hearth::sim
