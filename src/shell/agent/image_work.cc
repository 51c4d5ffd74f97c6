#include "shell/agent/image_work.h"

#include <utility>

#include <fmt/format.h>

namespace hearth {
namespace {

tl::unexpected<Error> unwanted() {
  return fail(ErrorCode::kFailed, "the build was cancelled");
}

/// An image that vanished after its build is no reason not to build it again.
tl::unexpected<Error> vanished_or(const Error& error) {
  if (error.code != ErrorCode::kNotFound) return tl::unexpected(error);
  return fail(ErrorCode::kUnavailable,
              "the container runtime lost the image before it could be saved: " + error.message);
}

}  // namespace

/// The build in progress; shared by the callbacks of its steps.
struct ImageWork::Build {
  BuildOrder order;
  std::filesystem::path context;
  std::filesystem::path archive;
  std::unique_ptr<HttpUpload> log;
  Completion<Digest> done;
  bool cancelled = false;
};

ImageWork::ImageWork(WorkFolder& folder, ContainerRuntime& runtime, ContentClient& content,
                     HttpClient& http, Endpoint manager, Worker& disk)
    : folder_(folder),
      runtime_(runtime),
      content_(content),
      http_(http),
      manager_(std::move(manager)),
      disk_(disk) {
  drop(folder_.clear());
}

void ImageWork::drop(const std::filesystem::path& file) {
  disk_.run([file, &folder = folder_]() -> Worker::OnLoop {
    folder.remove(file);
    return {};
  });
}

std::filesystem::path ImageWork::fresh_file(const std::string& kind) {
  return folder_.path() / fmt::format("{}-{}.tar", kind, ++files_);
}

void ImageWork::fetch(const Image& image, const Fetched& done) {
  const std::filesystem::path file = fresh_file("image");
  content_.download(*image.archive, file, [this, file, done](const Result<void>& downloaded) {
    if (!downloaded) {
      drop(file);
      return done(downloaded, core::FetchStep::kTransfer);
    }
    runtime_.load_image(file, [this, file, done](const Result<void>& loaded) {
      drop(file);
      done(loaded, core::FetchStep::kLoad);
    });
  });
}

void ImageWork::build(const BuildOrder& order, Completion<Digest> done) {
  const auto build = std::make_shared<Build>(Build{.order = order,
                                                   .context = fresh_file("context"),
                                                   .archive = fresh_file("archive"),
                                                   .log = nullptr,
                                                   .done = std::move(done)});
  building_ = build;
  content_.download(order.bundle, build->context, [this, build](const Result<void>& downloaded) {
    if (!downloaded) return finish(build, tl::unexpected(downloaded.error()));
    run_build(build);
  });
}

void ImageWork::cancel_build() {
  const std::shared_ptr<Build> build = building_.lock();
  if (!build) return;
  build->cancelled = true;
  runtime_.cancel_build(build->order.reference);
}

void ImageWork::run_build(const std::shared_ptr<Build>& build) {
  if (build->cancelled) return finish(build, unwanted());
  HttpCall call{.server = manager_,
                .method = HttpMethod::kPost,
                .target = fmt::format("/v1/workloads/{}/build-log?generation={}",
                                      build->order.workload.str(), build->order.generation.value),
                .content_type = "text/plain"};
  // The log is for followers; a build does not fail because it cannot be sent.
  build->log = http_.open_upload(std::move(call), [](const Result<HttpReply>&) {});
  const auto to_log = [build](std::string_view chunk) {
    if (build->log) build->log->write(chunk);
    return !build->cancelled;
  };
  runtime_.build(build->context, build->order.reference, to_log,
                 [this, build](const Result<void>& built) {
                   if (!built) return finish(build, tl::unexpected(built.error()));
                   save(build);
                 });
}

void ImageWork::save(const std::shared_ptr<Build>& build) {
  if (build->cancelled) return finish(build, unwanted());
  runtime_.save_image(build->order.reference, build->archive,
                      [this, build](const Result<Digest>& saved) {
                        if (!saved) return finish(build, vanished_or(saved.error()));
                        hand_over(build, *saved);
                      });
}

void ImageWork::hand_over(const std::shared_ptr<Build>& build, const Digest& archive) {
  if (build->cancelled) return finish(build, unwanted());
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
  building_.reset();
  if (build->cancelled && !outcome) outcome = unwanted();
  build->done(std::move(outcome));
}

}  // namespace hearth
