#include "adapters/config/manager_config.h"

#include "stable_form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hearth;
  const auto config = parse_manager_config(text_of(data, size), "/etc/hearth");
  if (!config) {
    HEARTH_CHECK(!config.error().message.empty());
    return 0;
  }
  // The deciders rely on these.
  const LivenessSettings& liveness = config->liveness;
  HEARTH_CHECK(kHeartbeatIntervalMin <= liveness.heartbeat_interval);
  HEARTH_CHECK(liveness.heartbeat_interval < liveness.suspect_after);
  HEARTH_CHECK(liveness.suspect_after < liveness.dead_after);
  HEARTH_CHECK(liveness.dead_after <= liveness.dead_after_unconfirmed);
  HEARTH_CHECK(liveness.agent_down_grace >= Duration::zero());
  const RecoverySettings& recovery = config->recovery;
  HEARTH_CHECK(recovery.attempts_max >= 1 && recovery.backoff_min > Duration::zero());
  HEARTH_CHECK(recovery.backoff_min <= recovery.backoff_max);
  HEARTH_CHECK(recovery.boot_timeout > Duration::zero());
  HEARTH_CHECK(recovery.switch_timeout > Duration::zero());
  return 0;
}
