#pragma once

namespace hearth::sim {

/// While it lives nothing is logged. The shells log as they do in service; in a history that would
/// drown the timeline, which says the same.
class SilentLog {
 public:
  SilentLog();
  ~SilentLog();
  SilentLog(const SilentLog&) = delete;
  SilentLog& operator=(const SilentLog&) = delete;

 private:
  int usual_level_;
};

}  // namespace hearth::sim
