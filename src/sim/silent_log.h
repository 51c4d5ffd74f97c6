#pragma once

namespace hearth::sim {

/// Suppresses all logging while it exists. The shells log as in production; in a history that would
/// hide the timeline, which says the same.
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
