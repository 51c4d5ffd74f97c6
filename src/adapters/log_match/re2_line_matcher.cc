#include "adapters/log_match/re2_line_matcher.h"

#include <algorithm>
#include <utility>

#include "adapters/log_match/pattern_fault.h"
#include "adapters/log_match/re2_pattern_compiler.h"
#include "base/check.h"

namespace hearth::log_match {
namespace {

using re2::RE2;
using re2::StringPiece;

bool fits(LogStream read, LogStream written) {
  return read == LogStream::kAny || read == written;
}

bool contains(const StringPiece& line, const RE2& pattern) {
  return pattern.Match(line, 0, line.size(), RE2::UNANCHORED, nullptr, 0);
}

}  // namespace

std::unique_ptr<Re2LineMatcher> Re2LineMatcher::create(std::vector<Pattern> patterns) {
  std::unique_ptr<Re2LineMatcher> matcher(new Re2LineMatcher(std::move(patterns)));
  return matcher->compile() ? std::move(matcher) : nullptr;
}

bool Re2LineMatcher::compile() {
  for (const Pattern& pattern : patterns_) {
    reads_stdout_ = reads_stdout_ || fits(pattern.stream, LogStream::kStdout);
    reads_stderr_ = reads_stderr_ || fits(pattern.stream, LogStream::kStderr);
  }
  if (patterns_.size() == 1) {
    alone_ = std::make_unique<RE2>(patterns_.front().text,
                                   options(Re2PatternCompiler::kPatternMemoryMax));
    return alone_->ok();
  }
  together_ =
      std::make_unique<RE2::Set>(options(Re2PatternCompiler::kSetMemoryMax), RE2::UNANCHORED);
  for (const Pattern& pattern : patterns_) {
    if (together_->Add(pattern.text, nullptr) < 0) return false;
  }
  return together_->Compile();
}

bool Re2LineMatcher::search(const StringPiece& line) {
  found_.clear();
  if (alone_) {
    if (!contains(line, *alone_)) return false;
    found_.push_back(0);
    return true;
  }
  // Whether any matches is cheaper to know than which, and most lines match none. Compile() made
  // sure that the memory suffices.
  RE2::Set::ErrorInfo error{};
  const bool any = together_->Match(line, nullptr, &error);
  HEARTH_CHECK(error.kind == RE2::Set::kNoError);
  if (!any) return false;
  HEARTH_CHECK(together_->Match(line, &found_, nullptr));
  std::sort(found_.begin(), found_.end());
  return true;
}

std::span<const std::uint16_t> Re2LineMatcher::match(std::string_view line, LogStream stream) {
  HEARTH_CHECK(stream != LogStream::kAny);
  if (!(stream == LogStream::kStdout ? reads_stdout_ : reads_stderr_)) return {};
  const StringPiece head(line.data(), std::min(line.size(), kLineBytesMax));
  if (!search(head)) return {};
  matching_.clear();
  for (const int index : found_) {
    const Pattern& pattern = patterns_[static_cast<std::size_t>(index)];
    if (!fits(pattern.stream, stream)) continue;
    if (pattern.unless && contains(head, *pattern.unless)) continue;
    matching_.push_back(pattern.rule);
  }
  return matching_;
}

}  // namespace hearth::log_match
