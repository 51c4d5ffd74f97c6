// Runs a fuzz target on the files of a corpus and on their mutations.
//
//     hearth_heartbeat_fuzz CORPUS [SEED [RUNS]]
//     hearth_heartbeat_fuzz CORPUS --seconds N      from a seed of its own, for that long
//
// The input of run n depends on the seed SEED + n alone, so a crash is replayed by
// `… CORPUS <that seed> 1`, which the driver prints when a target dies.

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/prng.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using hearth::Prng;

constexpr std::uint64_t kRunsDefault = 20'000;
constexpr std::size_t kInputBytesMax = 64 * 1024;

/// JSON values at the ends of their ranges and of the wrong type.
constexpr std::string_view kValues[] = {
    "null",
    "true",
    "{}",
    "[]",
    "[null]",
    "0",
    "-1",
    "1.5",
    "1e300",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "\"\"",
    "\"\\u0000\"",
    "\"365d\"",
    "\"8760h\"",
    "\"0s\"",
    "\"0.0.0.0\"",
    "\"sha256:\"",
};

/// Fragments that are difficult for a parser.
constexpr std::string_view kPieces[] = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "1e999",
    "\\ud800",
    "\xff",
    "\xEF\xBB\xBF",
    "\xED\xA0\x80",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "\"v\":2,",
};

/// Formatted in advance, because a signal handler must not do so.
std::string last_words;

void say_last_words(int signal) {
  [[maybe_unused]] const auto written =
      ::write(STDERR_FILENO, last_words.data(), last_words.size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry);
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed)
      : corpus_(corpus), prng_(seed) {}

  /// Half of the inputs are JSON with exchanged values, so that they reach the decoder behind the
  /// parser; the other half are corrupted bytes.
  std::string input() {
    if (prng_.chance(50)) return noise(64);
    const bool as_json = prng_.chance(500);
    std::string text = entry();
    for (std::uint64_t left = 1 + prng_.below(3); left > 0; --left) {
      as_json ? exchange_value(text) : spoil(text);
    }
    text.resize(std::min(text.size(), kInputBytesMax));
    return text;
  }

 private:
  const std::string& entry() { return corpus_[prng_.below(corpus_.size())]; }
  std::size_t place(const std::string& text) { return prng_.below(text.size() + 1); }
  std::size_t length() { return 1 + prng_.below(16); }

  std::string noise(std::size_t bytes_max) {
    std::string bytes(prng_.below(bytes_max), '\0');
    for (char& byte : bytes) byte = static_cast<char>(prng_.below(256));
    return bytes;
  }

  template <std::size_t N>
  std::string_view one_of(const std::string_view (&choices)[N]) {
    return choices[prng_.below(N)];
  }

  void spoil(std::string& text) {
    const std::size_t at = place(text);
    switch (prng_.below(7)) {
      case 0: text.insert(at, one_of(kPieces)); break;
      case 1: text.replace(at, length(), one_of(kPieces)); break;
      case 2: text.erase(at, length()); break;
      case 3: text.insert(at, std::string(text, place(text), length())); break;
      case 4: text.insert(at, noise(8)); break;
      case 5: splice(text, at); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << prng_.below(8)));
        break;
    }
  }

  /// Continues from `at` with the rest of another file of the corpus.
  void splice(std::string& text, std::size_t at) {
    const std::string& other = entry();
    text.replace(at, std::string::npos, other, place(other));
  }

  /// Replaces the value after a colon; an object or a list is replaced up to its first comma, which
  /// often still gives JSON.
  void exchange_value(std::string& text) {
    const std::size_t colon = text.find(':', place(text));
    if (colon == std::string::npos) return;
    const std::size_t end = text.find_first_of(",}]", colon);
    text.replace(colon + 1, end - colon - 1, one_of(kValues));
  }

  const std::vector<std::string>& corpus_;
  Prng prng_;
};

void run(const std::string& input) {
  // A copy of exactly this size, so that a sanitizer sees a read past its end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::uint64_t number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Returns how many there were.
std::uint64_t run_mutations(const std::vector<std::string>& corpus, std::uint64_t seed,
                            std::uint64_t runs) {
  for (std::uint64_t n = 0; n < runs; ++n) {
    last_words = fmt::format("died at seed {0}; replay: SEED {0} RUNS 1\n", seed + n);
    run(Mutator(corpus, seed + n).input());
  }
  return runs;
}

void run_for(const std::vector<std::string>& corpus, std::chrono::seconds time) {
  const std::uint64_t seed = std::random_device()();
  fmt::print("{} files, mutations from seed {} for {} s\n", corpus.size(), seed, time.count());
  std::fflush(stdout);
  const auto end = std::chrono::steady_clock::now() + time;
  std::uint64_t done = 0;
  while (std::chrono::steady_clock::now() < end) done += run_mutations(corpus, seed + done, 16);
  fmt::print("{} mutations, none fatal\n", done);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: {} CORPUS [SEED [RUNS] | --seconds N]\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    fmt::print(stderr, "{}: no file in '{}'\n", argv[0], argv[1]);
    return 2;
  }
  std::signal(SIGABRT, say_last_words);
  std::signal(SIGSEGV, say_last_words);
  for (const std::string& file : corpus) run(file);

  if (argc > 3 && std::string_view(argv[2]) == "--seconds") {
    run_for(corpus, std::chrono::seconds(number(argv[3])));
    return 0;
  }
  const std::uint64_t seed = argc > 2 ? number(argv[2]) : 1;
  const std::uint64_t runs = argc > 3 ? number(argv[3]) : kRunsDefault;
  fmt::print("{} files, {} mutations from seed {}\n", corpus.size(), runs, seed);
  run_mutations(corpus, seed, runs);
  return 0;
}
