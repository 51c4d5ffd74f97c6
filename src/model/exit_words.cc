#include "model/exit_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hearth {
namespace {

constexpr int kSignalBase = 128;
constexpr int kKilled = 9;

struct CodeWords {
  int code;
  std::string_view words;
};

/// Codes of shells and runtimes, and signals in the numbering of Linux on x86 and Arm.
constexpr std::array<CodeWords, 19> kCodes{{
    {125, "the container runtime failed"},
    {126, "the command cannot be executed"},
    {127, "the command was not found"},
    {kSignalBase + 1, "SIGHUP: hung up"},
    {kSignalBase + 2, "SIGINT: interrupted"},
    {kSignalBase + 3, "SIGQUIT: quit"},
    {kSignalBase + 4, "SIGILL: illegal instruction"},
    {kSignalBase + 5, "SIGTRAP: trace trap"},
    {kSignalBase + 6, "SIGABRT: aborted"},
    {kSignalBase + 7, "SIGBUS: bus error"},
    {kSignalBase + 8, "SIGFPE: arithmetic error"},
    {kSignalBase + kKilled, "SIGKILL: killed"},
    {kSignalBase + 10, "SIGUSR1"},
    {kSignalBase + 11, "SIGSEGV: segmentation fault"},
    {kSignalBase + 12, "SIGUSR2"},
    {kSignalBase + 13, "SIGPIPE: broken pipe"},
    {kSignalBase + 14, "SIGALRM: alarm clock"},
    {kSignalBase + 15, "SIGTERM: terminated"},
    {kSignalBase + 31, "SIGSYS: forbidden system call"},
}};

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

/// " at a limit of 32.0 MiB, having used 32.0 MiB"; empty if neither is known.
std::string memory_words(const ContainerExit& exit) {
  std::string words;
  if (exit.memory_limit_bytes) {
    words += fmt::format(" at a limit of {}", mebibytes(*exit.memory_limit_bytes));
  }
  if (exit.memory_peak_bytes) {
    words += fmt::format(", having used {}", mebibytes(*exit.memory_peak_bytes));
  }
  return words;
}

std::string details_of(const ContainerExit& exit) {
  const auto known = std::find_if(kCodes.begin(), kCodes.end(),
                                  [&](const CodeWords& one) { return one.code == exit.code; });
  std::string details(known == kCodes.end() ? std::string_view{} : known->words);
  switch (exit.out_of_memory) {
    case OutOfMemory::kNo: break;
    case OutOfMemory::kMain:
      details += details.empty() ? "" : ", ";
      details += "out of memory" + memory_words(exit);
      break;
    case OutOfMemory::kChild:
      details += details.empty() ? "" : "; ";
      details += "a child process of it had been killed, out of memory" + memory_words(exit);
      break;
  }
  return details;
}

}  // namespace

std::string describe(const ContainerExit& exit, std::string_view subject) {
  const std::string details = details_of(exit);
  return fmt::format("{} ended with exit code {}{}", subject, exit.code,
                     details.empty() ? "" : fmt::format(" ({})", details));
}

}  // namespace hearth
