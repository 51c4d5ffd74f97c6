#include "cli/terminal/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::cli {
namespace {

std::string_view code_of(Paint paint) {
  switch (paint) {
    case Paint::kPlain: return "";
    case Paint::kBold: return "1";
    case Paint::kDim: return "2";
    case Paint::kGood: return "32";
    case Paint::kWarning: return "33";
    case Paint::kBad: return "31";
  }
  HEARTH_CHECK(false);
}

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

Terminal::Style style_of_process() {
  const bool err_is_terminal = ::isatty(STDERR_FILENO) != 0;
  if (::isatty(STDOUT_FILENO) == 0) return {.err_is_terminal = err_is_terminal};
  const char* const term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  Terminal::Style style{.color = !dumb && !is_set("NO_COLOR"),
                        .out_is_terminal = true,
                        .err_is_terminal = err_is_terminal};
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = size.ws_col;
    if (size.ws_row > 0) style.height = size.ws_row;
  }
  return style;
}

bool continues_a_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

Terminal Terminal::of_process() {
  return Terminal(std::cout, std::cerr, style_of_process());
}

std::string Terminal::painted(Paint paint, std::string_view text) const {
  if (!style_.color || paint == Paint::kPlain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(paint), text);
}

Terminal::~Terminal() {
  err_ << relayed_.finish() << std::flush;
}

void Terminal::say(std::string_view line) {
  out_ << terminal_text(line, foreign_color()) << '\n' << std::flush;
}

void Terminal::say_json(std::string_view json) {
  out_ << printable_json(json) << '\n' << std::flush;
}

void Terminal::note(std::string_view line) {
  err_ << relayed_.finish() << terminal_text(line, foreign_color()) << '\n' << std::flush;
}

void Terminal::relay(std::string_view output) {
  if (style_.err_is_terminal) {
    err_ << relayed_.feed(output) << std::flush;
  } else {
    err_ << output << std::flush;
  }
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t kept = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    if (!continues_a_code_point(text[end]) && ++kept == columns) break;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string show_age(WallTime then, WallTime now) {
  using std::chrono::duration_cast;
  const auto age = now - then;
  if (age < std::chrono::seconds(1)) return "now";
  if (age < std::chrono::minutes(2)) {
    return fmt::format("{} s ago", duration_cast<std::chrono::seconds>(age).count());
  }
  if (age < std::chrono::hours(2)) {
    return fmt::format("{} m ago", duration_cast<std::chrono::minutes>(age).count());
  }
  if (age < std::chrono::days(2)) {
    return fmt::format("{} h ago", duration_cast<std::chrono::hours>(age).count());
  }
  return fmt::format("{} d ago", duration_cast<std::chrono::days>(age).count());
}

std::string show_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  double count = static_cast<double>(bytes);
  while (count >= 1024 && unit + 1 < kUnits.size()) {
    count /= 1024;
    ++unit;
  }
  return count < 10 && unit > 0 ? fmt::format("{:.1f} {}", count, kUnits[unit])
                                : fmt::format("{:.0f} {}", count, kUnits[unit]);
}

std::string show_count(std::uint64_t count, std::string_view thing) {
  if (count == 1) return fmt::format("1 {}", thing);
  return fmt::format("{} {}s", count, thing);
}

}  // namespace hearth::cli
