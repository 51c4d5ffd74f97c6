#include "sim/http.h"

#include "base/check.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;

struct SimUpload final : HttpUpload {
  bool write(std::string_view) override { return true; }
  void finish() override {}
};

}  // namespace

void SimHttp::place(HttpCall call, Completion<HttpReply> done) {
  if (!loop_.runs()) return;
  World& world = loop_.world();
  const Duration there = world.between(milliseconds(1), milliseconds(8));
  world.after(there,
              [this, alive = loop_.alive(), there, call = std::move(call), done = std::move(done)] {
                if (!*alive) return;
                const std::optional<Result<HttpReply>> answer = server_(call);
                const Duration wait = answer ? Duration(milliseconds(1)) : call.timeout - there;
                loop_.after(wait, [answer, done] {
                  if (answer) return done(*answer);
                  done(fail(ErrorCode::kTimeout, "no answer in time"));
                });
              });
  effect_();
}

std::unique_ptr<HttpUpload> SimHttp::open_upload(HttpCall, Completion<HttpReply>) {
  return std::make_unique<SimUpload>();
}

void SimHttp::download(HttpCall, std::filesystem::path, std::uint64_t, Completion<ReceivedFile>) {
  HEARTH_CHECK(false);
}

void SimHttp::upload(HttpCall, std::filesystem::path, Completion<HttpReply>) {
  HEARTH_CHECK(false);
}

void SimHttp::stream(HttpCall, ChunkSink, Completion<void>) {
  HEARTH_CHECK(false);
}

}  // namespace hearth::sim
