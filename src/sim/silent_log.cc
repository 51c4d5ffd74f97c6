#include "sim/silent_log.h"

#include <spdlog/spdlog.h>  // source check: allow logging, it is here to be switched off

namespace hearth::sim {

namespace log = spdlog;  // source check: allow logging, it is switched off here

SilentLog::SilentLog() : usual_level_(log::get_level()) {
  log::set_level(log::level::off);
}

SilentLog::~SilentLog() {
  log::set_level(static_cast<log::level::level_enum>(usual_level_));
}

}  // namespace hearth::sim
