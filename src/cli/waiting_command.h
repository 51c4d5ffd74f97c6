#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace hearth::cli {

/// A command that asks the manager to change one workload and, unless --no-wait is given, waits
/// until that is done. A subclass says what is asked for, and what is done then.
class WaitingCommand : public Command {
 public:
  void declare(Arguments& arguments) final;
  Result<ExitCode> run(Session& session) final;

 protected:
  /// `timeout`: how long it waits by default, which `timeout_help`, a literal, says.
  WaitingCommand(Duration timeout, std::string_view timeout_help)
      : timeout_(timeout), timeout_help_(timeout_help) {}

  /// Options of its own, which come first.
  virtual void declare_more(Arguments&) {}
  /// Asks, waits and prints.
  virtual Result<ExitCode> carry_out(const ApiClient& api, Session& session) = 0;

  const std::string& name() const { return name_; }
  bool waits() const { return !no_wait_; }
  Duration timeout() const { return timeout_; }
  bool prints_json() const { return output_ == OutputFormat::kJson; }

 private:
  std::string name_;
  bool no_wait_ = false;
  Duration timeout_;
  std::string_view timeout_help_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace hearth::cli
