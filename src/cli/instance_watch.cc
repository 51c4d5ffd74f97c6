#include "cli/instance_watch.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

constexpr JsonLimits kLimits{.bytes_max = 1024 * 1024};

std::string text_of(const JsonValue& value) {
  return std::string(value.text().value_or(""));
}

std::string span_of(std::uint64_t ms) {
  constexpr std::uint64_t kYear = 365ULL * 24 * 3600 * 1000;
  return show_duration(std::chrono::milliseconds(std::min(ms, kYear)));
}

/// "standing_still" → "standing still".
std::string words_of(std::string standing) {
  std::ranges::replace(standing, '_', ' ');
  return standing;
}

std::string with_words(std::string line, const std::string& words) {
  return words.empty() ? line : std::move(line) + ": " + words;
}

void add_rule(JsonObject in, std::vector<std::string>& lines) {
  const std::string name = text_of(in.required("rule"));
  const std::string action = text_of(in.optional("action"));
  lines.push_back(with_words(fmt::format("  rule '{}' (action {}) is {}", name, action,
                                         words_of(text_of(in.required("standing")))),
                             text_of(in.optional("words"))));
  const auto fired = in.optional("fired_ms_ago").number<std::uint64_t>();
  const std::string why = text_of(in.optional("why"));
  const std::string line = text_of(in.optional("line"));
  const auto held_off = in.optional("held_off").number<std::uint64_t>().value_or(0);
  const auto hold_off = in.optional("hold_off_ms").number<std::uint64_t>().value_or(0);
  if (!fired) return;
  lines.push_back(with_words(fmt::format("    it fired {} ago", span_of(*fired)), why));
  if (!line.empty()) lines.push_back("    by the line: " + line);
  if (hold_off > 0) {
    lines.push_back(fmt::format("    it does not fire again for {}; {} firings were held off",
                                span_of(hold_off), held_off));
  }
}

void add_probe(JsonObject in, std::vector<std::string>& lines) {
  const std::string name = text_of(in.required("probe"));
  lines.push_back(with_words(
      fmt::format("  probe '{}' is {}", name, words_of(text_of(in.required("standing")))),
      text_of(in.optional("words"))));
}

Result<std::vector<std::string>> decode_watch(const std::string& text) {
  return decode_json(text, kLimits, ErrorCode::kCorrupt, [](JsonObject& in) {
    std::vector<std::string> lines;
    const auto add_each = [&](const JsonValue& list, auto add) {
      if (!list.present()) return;
      (void)list.list([&](const JsonValue& item) {
        add(item.object(), lines);
        return std::optional(true);
      });
    };
    add_each(in.optional("rules"), add_rule);
    add_each(in.optional("probes"), add_probe);
    if (lines.empty()) lines.emplace_back("  no rule and no probe watches it");
    const bool loops = in.optional("crash_loop").boolean().value_or(false);
    if (const auto wait = in.optional("next_start_ms").number<std::uint64_t>()) {
      lines.push_back(fmt::format("  it starts again in {}{}", span_of(*wait),
                                  loops ? ", the longest backoff: it is in a crash loop" : ""));
    }
    return std::optional(std::move(lines));
  });
}

bool is_well(const InstanceView& instance) {
  const bool is_ill = instance.health == "degraded" || instance.health == "starting";
  return instance.state == "running" && !is_ill;
}

std::string as_last_reported(const InstanceView& instance) {
  std::string words = instance.state;
  const bool is_judged = !instance.health.empty() && instance.health != "unknown";
  if (is_judged) words += ", " + instance.health;
  const std::string& why = instance.reason.empty() ? instance.health_reason : instance.reason;
  return with_words(std::move(words), why);
}

}  // namespace

WatchAnswers ask_watches(const ApiClient& api, std::vector<InstanceView> instances) {
  std::erase_if(instances, [](const InstanceView& one) { return one.node.empty(); });
  std::ranges::stable_partition(instances, [](const auto& one) { return !is_well(one); });
  WatchAnswers answers;
  const std::size_t asked = std::min(instances.size(), kInstancesAskedMax);
  answers.not_asked = instances.size() - asked;
  for (InstanceView& one : std::span(instances).first(asked)) {
    Result<std::string> watch =
        api.get(fmt::format("/v1/instances/{}/watch", percent_encode(one.id)));
    if (const auto read = watch.and_then(decode_watch); !read) watch = tl::unexpected(read.error());
    answers.asked.push_back({std::move(one), std::move(watch)});
  }
  return answers;
}

std::vector<std::string> watch_lines(const WatchAnswers& answers) {
  std::vector<std::string> lines;
  for (const auto& [one, watch] : answers.asked) {
    const Result<std::vector<std::string>> watched = watch.and_then(decode_watch);
    if (watched) {
      lines.push_back(fmt::format("What '{}' says of '{}':", one.node, one.id));
      lines.insert(lines.end(), watched->begin(), watched->end());
    } else {
      lines.push_back(
          fmt::format("Node '{}' cannot be asked about '{}' ({}); it last reported: {}.", one.node,
                      one.id, watched.error().message, as_last_reported(one)));
    }
  }
  if (answers.not_asked > 0)
    lines.push_back(fmt::format("Not asked: the nodes of {} more.", answers.not_asked));
  return lines;
}

std::string watch_json(const WatchAnswers& answers) {
  std::vector<std::string> items;
  for (const auto& [one, watch] : answers.asked) {
    JsonWriter out;
    out.begin_object().field("instance", one.id).field("node", one.node);
    if (!watch) out.field("error", watch.error().message);
    std::string item = std::move(out.end_object()).text();
    if (watch) item.replace(item.size() - 1, 1, fmt::format(",\"watch\":{}}}", *watch));
    items.push_back(std::move(item));
  }
  return fmt::format("[{}]", fmt::join(items, ","));
}

}  // namespace hearth::cli
