#include "core/manager/manager_scene.h"
#include "saved/state_bytes.h"

#include "edited_state.h"

namespace {

std::string bytes_of_a_cluster() {
  hearth::core::ManagerScene scene;
  scene.run_app(3);
  scene.kill("c");
  scene.pass(std::chrono::seconds(8));
  return hearth::saved::to_bytes(scene.manager->save());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  static const std::string kBytes = bytes_of_a_cluster();
  check_edited(kBytes, saved::Owner::kManager, text_of(data, size),
               saved::manager_state_from_bytes);
  return 0;
}
