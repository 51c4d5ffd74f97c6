#include "shell/agent/image_work.h"

#include <utility>

#include <fmt/format.h>

namespace hearth {
namespace {

void drop(const std::filesystem::path& file) {
  std::error_code ec;
  std::filesystem::remove(file, ec);
}

}  // namespace

/// One build under way; shared by the callbacks of its steps.
struct ImageWork::Build {
  BuildOrder order;
  std::filesystem::path context;
  std::filesystem::path archive;
  std::unique_ptr<HttpUpload> log;
  Completion<Digest> done;
};

ImageWork::ImageWork(std::filesystem::path folder, ContainerRuntime& runtime,
                     ContentClient& content, HttpClient& http, Endpoint manager)
    : folder_(std::move(folder)),
      runtime_(runtime),
      content_(content),
      http_(http),
      manager_(std::move(manager)) {
  std::error_code ec;
  std::filesystem::remove_all(folder_, ec);
  std::filesystem::create_directories(folder_, ec);
}

std::filesystem::path ImageWork::fresh_file(const std::string& kind) {
  return folder_ / fmt::format("{}-{}.tar", kind, ++files_);
}

void ImageWork::fetch(const Image& image, const Completion<void>& done) {
  const std::filesystem::path file = fresh_file("image");
  content_.download(*image.archive, file, [this, file, done](const Result<void>& downloaded) {
    if (!downloaded) return done(downloaded);
    runtime_.load_image(file, [file, done](const Result<void>& loaded) {
      drop(file);
      done(loaded);
    });
  });
}

void ImageWork::build(const BuildOrder& order, Completion<Digest> done) {
  const auto build = std::make_shared<Build>(Build{.order = order,
                                                   .context = fresh_file("context"),
                                                   .archive = fresh_file("archive"),
                                                   .log = nullptr,
                                                   .done = std::move(done)});
  content_.download(order.bundle, build->context, [this, build](const Result<void>& downloaded) {
    if (!downloaded) return finish(build, tl::unexpected(downloaded.error()));
    run_build(build);
  });
}

void ImageWork::run_build(const std::shared_ptr<Build>& build) {
  HttpCall call{.server = manager_,
                .method = HttpMethod::kPost,
                .target = fmt::format("/v1/workloads/{}/build-log?generation={}",
                                      build->order.workload.str(), build->order.generation.value),
                .content_type = "text/plain"};
  // The log is for whoever watches; a build does not fail because nobody can.
  build->log = http_.open_upload(std::move(call), [](const Result<HttpReply>&) {});
  const auto to_log = [build](std::string_view chunk) {
    if (build->log) build->log->write(chunk);
    return true;
  };
  runtime_.build(build->context, build->order.reference, to_log,
                 [this, build](const Result<void>& built) {
                   if (!built) return finish(build, tl::unexpected(built.error()));
                   save(build);
                 });
}

void ImageWork::save(const std::shared_ptr<Build>& build) {
  runtime_.save_image(build->order.reference, build->archive,
                      [this, build](const Result<Digest>& saved) {
                        if (!saved) return finish(build, saved);
                        hand_over(build, *saved);
                      });
}

void ImageWork::hand_over(const std::shared_ptr<Build>& build, const Digest& archive) {
  content_.upload(build->archive, archive, [this, build, archive](const Result<void>& uploaded) {
    if (!uploaded) return finish(build, tl::unexpected(uploaded.error()));
    finish(build, archive);
  });
}

void ImageWork::finish(const std::shared_ptr<Build>& build, Result<Digest> outcome) {
  if (build->log) build->log->finish();
  build->log.reset();
  drop(build->context);
  drop(build->archive);
  build->done(std::move(outcome));
}

}  // namespace hearth
