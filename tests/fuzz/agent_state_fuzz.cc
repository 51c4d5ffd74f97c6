#include "core/agent/agent_scene.h"
#include "saved/state_bytes.h"

#include "edited_state.h"

namespace {

std::string bytes_of_a_node() {
  using hearth::core::AgentScene;
  AgentScene scene;
  scene.create_takes = std::chrono::milliseconds(30);
  hearth::Assignment assignment = scene.next({AgentScene::assigned(1), AgentScene::assigned(2)});
  assignment.builds = {AgentScene::order(1)};
  scene.receive(assignment);
  scene.pass(std::chrono::seconds(4));
  scene.crash(1);
  return hearth::saved::to_bytes(scene.agent->save());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  static const std::string kBytes = bytes_of_a_node();
  check_edited(kBytes, saved::Owner::kAgent, text_of(data, size), saved::agent_state_from_bytes);
  return 0;
}
