#pragma once

#include <filesystem>

#include "cli/dev/dev_console.h"
#include "cli/dev/observer.h"
#include "wire/workload_document.h"

namespace hearth::cli {

/// The name of the tour's application: that of its folder, or "tour" if that is not a valid name.
WorkloadName tour_workload(const std::filesystem::path& folder);

/// Demonstrates Hearth in plain lines, each of them observed: deploys an application, kills a
/// container, lets the log of one turn bad, makes a node hang, and waits each time until everything
/// runs again.
///
/// The folder can have a workload file. If that has a log rule that asks for a replacement,
/// SIGUSR1 is to make the application write what the rule looks for; without such a rule, the tour
/// leaves these steps out. Requires two nodes or more. Every wait is bounded; the first step that
/// is not observed ends the tour, with what was observed instead.
class Tour {
 public:
  Tour(const Observer& observer, DevConsole& console, std::filesystem::path folder);

  /// Whether every step was observed.
  bool run();

 private:
  using Step = Result<void> (Tour::*)();

  Result<void> read_application();
  Result<void> deploy_application();
  Result<void> kill_container();
  Result<void> replace_before_failing();
  Result<void> see_rows_follow();
  Result<void> freeze_node();
  Result<void> see_node_die();
  Result<void> see_work_moved();
  Result<void> see_node_return();
  Result<void> see_one_copy_each();

  Result<std::vector<InstanceView>> running() const;
  Result<std::vector<ServiceRow>> true_rows() const;
  Result<NodeName> busy_node() const;

  const Observer& observer_;
  DevConsole& console_;
  std::filesystem::path folder_;
  WorkloadName workload_;
  WorkloadFile application_;
  std::string replacing_rule_;  ///< The first log rule that asks for a replacement; empty: none.

  // Results of earlier steps for later ones.
  InstanceView degraded_;                ///< The instance whose log turned bad.
  std::vector<ServiceRow> rows_before_;  ///< In the database, before that.
  std::optional<NodeView> frozen_;       ///< Its view before the freeze.
  std::chrono::steady_clock::time_point frozen_at_;
  std::uint64_t event_before_ = 0;
};

}  // namespace hearth::cli
