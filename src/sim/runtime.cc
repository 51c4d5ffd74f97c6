#include "sim/runtime.h"

#include "base/check.h"

namespace hearth::sim {

void SimRuntime::watch(Handlers handlers) {
  if (!runs()) return;
  parts_.engine.watch({.on_notice = while_it_lives(std::move(handlers.on_notice)),
                       .on_watching = while_it_lives(std::move(handlers.on_watching)),
                       .on_lost = while_it_lives(std::move(handlers.on_lost))});
}

void SimRuntime::inventory(Completion<Inventory> done) {
  if (runs()) parts_.engine.take_inventory(while_it_lives(std::move(done)));
}

void SimRuntime::create(ContainerRequest request, Completion<ContainerId> done) {
  if (runs()) parts_.engine.create(request, while_it_lives(std::move(done)));
}

void SimRuntime::start(const ContainerId& container, Completion<void> done) {
  if (runs()) parts_.engine.start(container, while_it_lives(std::move(done)));
}

void SimRuntime::stop(const ContainerId& container, Duration grace, Completion<void> done) {
  if (!runs()) return;
  parts_.on_stop(container);
  parts_.engine.stop(container, grace, while_it_lives(std::move(done)));
}

void SimRuntime::remove(const ContainerId& container, Completion<void> done) {
  if (runs()) parts_.engine.remove(container, while_it_lives(std::move(done)));
}

void SimRuntime::adopt(AdoptRequest request, Completion<Container> done) {
  if (runs()) parts_.engine.adopt(request, while_it_lives(std::move(done)));
}

void SimRuntime::recreate(const InstanceId& instance, std::uint32_t restarts,
                          Completion<Container> done) {
  if (runs()) parts_.engine.recreate(instance, restarts, while_it_lives(std::move(done)));
}

void SimRuntime::let_go(const InstanceId& instance, Completion<void> done) {
  if (runs()) parts_.engine.let_go(instance, while_it_lives(std::move(done)));
}

void SimRuntime::exec(ExecRequest request, Completion<ExecResult> done) {
  if (runs()) parts_.engine.exec(request, while_it_lives(std::move(done)));
}

void SimRuntime::inspect(const ContainerId& container, Completion<ContainerDetails> done) {
  if (runs()) parts_.engine.inspect(container, while_it_lives(std::move(done)));
}

void SimRuntime::usage(const ContainerId& container, Completion<ContainerUsage> done) {
  if (runs()) parts_.engine.usage(container, while_it_lives(std::move(done)));
}

void SimRuntime::build(const std::filesystem::path& context, const std::string& reference,
                       ChunkSink log, Completion<void> done) {
  if (!runs()) return;
  const SimWorkFolder::Content* bundle = parts_.folder.find(context);
  HEARTH_CHECK(bundle != nullptr);
  const auto log_while_it_lives = [alive = parts_.loop.alive(), log = std::move(log)](
                                      std::string_view chunk) { return *alive && log(chunk); };
  parts_.engine.build(bundle->digest, reference, log_while_it_lives,
                      while_it_lives(std::move(done)));
}

void SimRuntime::cancel_build(const std::string& reference) {
  if (runs()) parts_.engine.cancel_build(reference);
}

void SimRuntime::save_image(const std::string& reference, const std::filesystem::path& file,
                            Completion<Digest> done) {
  if (!runs()) return;
  const Completion<Digest> write = [this, reference, file,
                                    done = std::move(done)](const Result<Digest>& archive) {
    if (archive && parts_.disk.is_full()) {
      return done(fail(ErrorCode::kExhausted, "no space left on the disk"));
    }
    if (archive) parts_.folder.put(file, {.digest = *archive, .reference = reference});
    done(archive);
  };
  parts_.engine.save(reference, while_it_lives(write));
}

void SimRuntime::load_image(const std::filesystem::path& file, Completion<void> done) {
  if (!runs()) return;
  const SimWorkFolder::Content* image = parts_.folder.find(file);
  HEARTH_CHECK(image != nullptr);
  parts_.engine.load(image->reference, image->digest, while_it_lives(std::move(done)));
}

void SimRuntime::remove_image(const std::string& reference, Completion<void> done) {
  if (runs()) parts_.engine.remove_image(reference, while_it_lives(std::move(done)));
}

/// Nothing was written. Its containers' logs are read by following them.
void SimRuntime::logs(LogRequest, ChunkSink, Completion<void> done) {
  parts_.loop.post([done = std::move(done)] { done({}); });
}

std::unique_ptr<LogFollower> SimRuntime::follow_log(LogFollowRequest request,
                                                    LogHandlers handlers) {
  return parts_.engine.follow_log(std::move(request),
                                  {.on_lines = while_it_lives(std::move(handlers.on_lines)),
                                   .on_gap = while_it_lives(std::move(handlers.on_gap)),
                                   .on_state = while_it_lives(std::move(handlers.on_state))});
}

}  // namespace hearth::sim
