#pragma once

#include <filesystem>

#include "cli/dev/dev_console.h"
#include "cli/dev/observer.h"

namespace hearth::cli {

/// The application that the tour deploys is called after its folder, or "tour" if that is no name.
WorkloadName tour_workload(const std::filesystem::path& folder);

/// Shows what Hearth does, in plain lines, each of them observed: deploys an application, kills a
/// container, lets a node hang, and waits each time until all is well again.
///
/// Needs two nodes or more. Every wait is bounded; the first step that is not observed ends the
/// tour, with what was observed instead.
class Tour {
 public:
  Tour(const Observer& observer, DevConsole& console, std::filesystem::path folder);

  /// Whether every step was observed.
  bool run();

 private:
  using Step = Result<void> (Tour::*)();

  Result<void> deploy_application();
  Result<void> kill_container();
  Result<void> freeze_node();
  Result<void> see_node_die();
  Result<void> see_work_moved();
  Result<void> see_node_return();
  Result<void> see_one_copy_each();

  Result<std::vector<InstanceView>> running() const;
  Result<NodeName> busy_node() const;

  const Observer& observer_;
  DevConsole& console_;
  std::filesystem::path folder_;
  WorkloadName workload_;

  // What later steps need of earlier ones.
  std::optional<NodeView> frozen_;  ///< As it was before.
  std::chrono::steady_clock::time_point frozen_at_;
  std::uint64_t event_before_ = 0;
};

}  // namespace hearth::cli
