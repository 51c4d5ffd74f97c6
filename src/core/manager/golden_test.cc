// Goal: what the manager does in the stories that matter most, as text to review. Method: the
// batches of each story, written as text, equal tests/golden/manager/<story>.txt.
// HEARTH_UPDATE_GOLDEN=1 writes them again; review the difference.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/manager/manager_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A batch as text. --------------------------------------------------------------------------------

std::string line_of(const PutEpoch& write) {
  return fmt::format("store epoch {}", write.epoch.value);
}
std::string line_of(const PutNode& write) {
  const Recovery& recovery = write.node.recovery;
  return fmt::format(
      "store node {}: {}{}", write.node.name.str(), name_of(write.node.state),
      recovery.phase == RecoveryPhase::kNone
          ? ""
          : fmt::format(", recovery {} {}", name_of(recovery.phase), recovery.attempt));
}
std::string line_of(const PutWorkload& write) {
  return fmt::format("store workload {}: {}, generation {}, next instance {}",
                     write.workload.name.str(), name_of(write.workload.phase),
                     write.workload.latest().generation.value, write.workload.next_instance);
}
std::string line_of(const PutInstance& write) {
  const Instance& instance = write.instance;
  return fmt::format(
      "store instance {}: {} on {}, {}", instance.id.str(), name_of(instance.desired_state),
      instance.node ? instance.node->str() : "no node", name_of(instance.status.state));
}
std::string line_of(const DeleteInstance& write) {
  return fmt::format("delete instance {}", write.id.str());
}
/// PublishEvent shows it.
std::string line_of(const AppendEvent&) {
  return {};
}
/// The records show the same.
std::string line_of(const AppendHistory&) {
  return {};
}
std::string line_of(const PutAlive&) {
  return {};
}

std::string line_of(const WatchNode& action) {
  return fmt::format("watch {}", action.node.str());
}
/// Sent all the time.
std::string line_of(const SendCanary&) {
  return {};
}
std::string line_of(const PublishAssignment& action) {
  const Assignment& assignment = action.assignment;
  std::string line = fmt::format("assign {} {}.{}:", assignment.node.str(),
                                 assignment.number.epoch.value, assignment.number.revision.value);
  for (const AssignedInstance& one : assignment.instances) {
    line += fmt::format(" {} {}", name_of(one.desired_state), one.id.str());
  }
  for (const Image& image : assignment.images) line += " hold " + image.reference.substr(0, 20);
  for (const BuildOrder& build : assignment.builds) line += " build " + build.workload.str();
  return line.ends_with(':') ? line + " nothing" : line;
}
std::string line_of(const PublishEvent& action) {
  return fmt::format("event {}: {}", name_of(action.event.type), action.event.message);
}
std::string line_of(const Dial& action) {
  return fmt::format("dial {}", action.node.str());
}
std::string line_of(const FetchStatus& action) {
  return fmt::format("ask {} for its status over HTTP", action.node.str());
}
std::string line_of(const SwitchPower& action) {
  return fmt::format("switch {} {} (attempt {})", action.node.str(), name_of(action.verb),
                     action.attempt);
}
std::string line_of(const Reply& action) {
  return "answer: " +
         (action.result ? action.result->message : "refused: " + action.result.error().message);
}

/// A story: what happens to the manager, and everything it does about it.
class Story {
 public:
  Story() {
    scene_.run_app(2);
    begin();
  }
  ManagerScene& scene() { return scene_; }

  /// The text counts its seconds from here.
  void begin() {
    scene_.forget_history();
    began_ = scene_.now().mono;
  }
  void say(const std::string& what) { text_ += fmt::format("== {}\n", what); }
  /// Passes time in small steps, so that each batch has its own time.
  void pass(Duration duration) {
    const MonoTime end = scene_.now().mono + duration;
    while (scene_.now().mono < end) {
      scene_.pass(milliseconds(50));
      note();
    }
  }
  void note() {
    for (const ManagerBatch& batch : scene_.batches) {
      std::string lines;
      const auto add = [&lines](const auto& one) {
        if (const std::string line = line_of(one); !line.empty()) lines += "  " + line + "\n";
      };
      for (const Write& write : batch.writes) std::visit(add, write);
      for (const ManagerAction& action : batch.actions) std::visit(add, action);
      if (lines.empty()) continue;
      const auto at = std::chrono::duration_cast<milliseconds>(scene_.now().mono - began_);
      text_ += fmt::format("{:.2f} s\n{}", static_cast<double>(at.count()) / 1000.0, lines);
    }
    scene_.forget_history();
  }

  void is_as_in(const std::string& name) {
    note();
    const std::filesystem::path file = std::filesystem::path(HEARTH_GOLDEN_DIR) / (name + ".txt");
    if (std::getenv("HEARTH_UPDATE_GOLDEN") != nullptr) std::ofstream(file) << text_;
    std::ostringstream golden;
    golden << std::ifstream(file).rdbuf();
    EXPECT_EQ(text_, golden.str()) << "HEARTH_UPDATE_GOLDEN=1 writes " << file;
  }

 private:
  ManagerScene scene_;
  MonoTime began_{};
  std::string text_;
};

TEST(GoldenPlan, ADeploy) {
  Story story;
  story.say("a second release of the application, with one more instance");
  (void)story.scene().deploy(3, 'b');
  story.pass(seconds(3));
  story.is_as_in("deploy");
}

TEST(GoldenPlan, ANodeDies) {
  Story story;
  const std::string home = story.scene().placed().begin()->first.str();
  story.say("the power of " + home + " is cut");
  story.scene().kill(home);
  story.pass(milliseconds(3500));
  story.say("its driver has switched it off, then on; it boots");
  story.scene().step(PowerSwitched{ManagerScene::node(home), PowerVerb::kOff, {}});
  story.note();
  story.scene().step(PowerSwitched{ManagerScene::node(home), PowerVerb::kOn, {}});
  story.pass(seconds(1));
  story.scene().beat(home, "boot-2");
  story.pass(seconds(2));
  story.is_as_in("node_death");
}

TEST(GoldenPlan, TheBrokerStalls) {
  Story story;
  story.say("the bus delivers nothing");
  story.scene().bus_carries = false;
  story.pass(seconds(8));
  story.say("the bus works again");
  story.scene().bus_carries = true;
  story.pass(seconds(3));
  story.is_as_in("broker_stall");
}

TEST(GoldenPlan, ANodeIsCutOffFromTheBusAlone) {
  Story story;
  const std::string home = story.scene().placed().begin()->first.str();
  const ManagerScene::Beat beat = story.scene().beats.at(ManagerScene::node(home));
  story.say("no message of " + home + " arrives over the bus; its agent answers dials");
  story.scene().beats.erase(ManagerScene::node(home));
  story.pass(seconds(4));
  story.say("its heartbeats arrive again");
  story.scene().beats[ManagerScene::node(home)] = beat;
  story.pass(seconds(2));
  story.is_as_in("unreachable");
}

TEST(GoldenPlan, TheManagerIsKilledWhileANodeIsSwitched) {
  Story story;
  const std::string home = story.scene().placed().begin()->first.str();
  story.say("the power of " + home + " is cut");
  story.scene().kill(home);
  story.pass(milliseconds(2500));
  story.say("the manager is killed and started again");
  story.scene().restart();
  story.pass(seconds(3));
  story.is_as_in("manager_restart");
}

TEST(GoldenPlan, AnApplicationIsStoppedAndRemoved) {
  Story story;
  story.say("stop");
  (void)story.scene().ask(StopWorkload{ManagerScene::app()});
  story.pass(seconds(2));
  story.say("rm");
  (void)story.scene().ask(RemoveWorkload{ManagerScene::app()});
  story.pass(seconds(2));
  story.is_as_in("stop_and_remove");
}

}  // namespace
}  // namespace hearth::core
