#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/duration_text.h"
#include "cli/command_line.h"
#include "cli/fake_manager.h"
#include "testing/disk/temporary_directory.h"

namespace hearth::cli {

inline constexpr const char* kNow = "2026-03-01T09:15:00.000Z";

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

/// Runs commands with an environment of their own, against a manager of prepared answers.
class CliTest : public testing::Test {
 protected:
  /// Runs `hearth` with these words in the environment `environment_`.
  Outcome run(const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    if (disk_full_) out.setstate(std::ios::badbit);
    Terminal terminal(out, err, style_);
    Session session{.terminal = terminal,
                    .variable = [this](const char* name) -> std::optional<std::string> {
                      const auto found = environment_.find(name);
                      if (found == environment_.end()) return std::nullopt;
                      return found->second;
                    },
                    .now = [] { return *parse_time(kNow); },
                    .user = "ana@desk"};
    const int code = run_command_line(words, make_commands(), session);
    return {code, out.str(), err.str()};
  }

  void write(const std::string& path, std::string_view content) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << content;
  }

  TemporaryDirectory folder_;
  FakeManager manager_;
  Terminal::Style style_;
  bool disk_full_ = false;  ///< The disk behind standard output.
  std::map<std::string, std::string> environment_{{"HEARTH_MANAGER", manager_.url()},
                                                  {"HOME", folder_.path().string()}};
};

inline constexpr const char* kNode1 =
    R"({"name":"node-1","display_name":"IAS-Node-1","address":"10.0.0.1",
  "agent_port":7701,"state":"live","evidence":"first heartbeat received","status":"ACTIVE","cordoned":false,
  "incarnation":{"boot_id":"0123456789abcdef","start_count":3},
  "capacity":{"cpu_millis":2000,"memory_bytes":8589934592},
  "load":{"cpu":123,"memory":400},"recovery":{"phase":"none","attempt":0,"reason":""},
  "problem":"","instances":1,"changed_at":"2026-03-01T09:00:00.000Z","silence_ms":210})";
inline constexpr const char* kNode2 = R"({"name":"node-2","address":"10.0.0.2","state":"dead",
  "evidence":"silent for 2.1 s, no answer to a dial","changed_at":"2026-03-01T09:14:48.000Z",
  "recovery":{"phase":"booting","attempt":1,"reason":""},"silence_ms":14000,"from_the_future":1})";
inline constexpr const char* kHeater = R"({"name":"heater","kind":"application","generation":2,
  "phase":"deployed","reason":"","instances":2,"running":1,"bundle":"","image":"","build_node":null,
  "on_node_lost":"replace"})";
inline constexpr const char* kHeater1 = R"({"id":"heater-1","workload":"heater","generation":2,
  "node":"node-1","address":"10.0.0.1","desired_state":"run","state":"running",
  "container":"0123456789abcdef0123","restarts":1,
  "last_exit":{"code":137,"out_of_memory":true,"at":"2026-03-01T09:00:00.000Z"},"reason":"",
  "replaces":null,"changed_at":"2026-03-01T09:14:00.000Z"})";
inline constexpr const char* kHeater2 =
    R"({"id":"heater-2","workload":"heater","generation":2,"node":null,
  "desired_state":"run","state":"pending","container":"","restarts":0,"last_exit":null,
  "reason":"no node has 64 MiB free","changed_at":"2026-03-01T09:14:00.000Z"})";

inline std::string list(const std::vector<std::string>& items, const std::string& next = "null") {
  std::string all;
  for (const std::string& item : items) all += (all.empty() ? "" : ",") + item;
  return R"({"items":[)" + all + R"(],"next":)" + next + "}";
}

}  // namespace hearth::cli
