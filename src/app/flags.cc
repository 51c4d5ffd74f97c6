#include "app/flags.h"

#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr int kHelp = 'h';
constexpr int kFirstFlag = 256;

void show_help(const char* program, const std::string& about, const std::vector<Flag>& flags,
               const std::string& examples) {
  std::string text = fmt::format("Usage: {} [OPTIONS]\n\n{}\n\nOptions:\n",
                                 std::filesystem::path(program).filename().string(), about);
  std::size_t width = 0;
  for (const Flag& flag : flags) width = std::max(width, flag.name.size() + flag.value.size());
  for (const Flag& flag : flags) {
    const std::string option = fmt::format("--{} {}", flag.name, flag.value);
    text += fmt::format("  {:<{}}  {}\n", option, width + 3, flag.help);
  }
  text += fmt::format("  {:<{}}  {}\n", "--help", width + 3, "show this and leave");
  text += "\nExamples:\n" + examples;
  std::fputs(text.c_str(), stdout);
}

}  // namespace

Result<FlagsEnd> parse_flags(int argc, char** argv, const std::string& about,
                             const std::vector<Flag>& flags, const std::string& examples) {
  std::vector<option> options;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    options.push_back(
        {flags[i].name.c_str(), required_argument, nullptr, kFirstFlag + static_cast<int>(i)});
  }
  options.push_back({"help", no_argument, nullptr, kHelp});
  options.push_back({});

  optind = 1;
  opterr = 0;
  for (;;) {
    const char* const word = optind < argc ? argv[optind] : "";
    const int found = getopt_long(argc, argv, ":h", options.data(), nullptr);
    if (found == -1) break;
    if (found == kHelp) {
      show_help(argv[0], about, flags, examples);
      return FlagsEnd::kHelpShown;
    }
    if (found == ':')
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} needs a value; see --help", word));
    if (found < kFirstFlag) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("unknown option {}; see --help", word));
    }
    const Flag& flag = flags[static_cast<std::size_t>(found - kFirstFlag)];
    if (*optarg == '\0') {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--{} needs a value that is not empty; see --help", flag.name));
    }
    if (Result<void> taken = flag.take(optarg); !taken) {
      return fail(taken.error().code,
                  fmt::format("--{} {}: {}", flag.name, optarg, taken.error().message));
    }
  }
  if (optind < argc) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("unexpected argument '{}'; all options have a name, see --help", argv[optind]));
  }
  return FlagsEnd::kRun;
}

}  // namespace hearth
