#include "adapters/yaml/yaml_events.h"

#include <libfyaml.h>

#include "base/check.h"

namespace hearth::yaml {
namespace {

std::string text_of(fy_token* token) {
  std::size_t bytes = 0;
  const char* const text = token == nullptr ? nullptr : fy_token_get_text(token, &bytes);
  return text == nullptr ? std::string() : std::string(text, bytes);
}

std::string tag_of(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t handle_bytes = 0;
  std::size_t suffix_bytes = 0;
  const char* const handle = fy_tag_token_handle(token, &handle_bytes);
  const char* const suffix = fy_tag_token_suffix(token, &suffix_bytes);
  std::string tag = handle == nullptr ? "!" : std::string(handle, handle_bytes);
  if (suffix != nullptr) tag.append(suffix, suffix_bytes);
  return tag.empty() ? "!" : tag;
}

/// libfyaml counts from 0.
std::size_t from_one(int count) {
  return count < 0 ? 1 : static_cast<std::size_t>(count) + 1;
}

TextPlace place_of(const fy_mark* mark) {
  if (mark == nullptr) return {};
  return {.line = from_one(mark->line), .column = from_one(mark->column)};
}

void drop_output(fy_diag*, void*, const char*, std::size_t) {}

}  // namespace

EventReader::EventReader(std::string_view text) {
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  diag_config.output_fn = drop_output;
  diag_config.colorize = false;
  diag_ = fy_diag_create(&diag_config);
  HEARTH_CHECK(diag_ != nullptr);
  fy_diag_set_collect_errors(diag_, true);
  const fy_parse_cfg config{
      .search_path = "",
      .flags = static_cast<fy_parse_cfg_flags>(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                                               FYPCF_DISABLE_MMAP_OPT),
      .userdata = nullptr,
      .diag = diag_};
  parser_ = fy_parser_create(&config);
  HEARTH_CHECK(parser_ != nullptr);
  // It takes no null pointer, which an empty view has.
  const char* const data = text.empty() ? "" : text.data();
  HEARTH_CHECK(fy_parser_set_string(parser_, data, text.size()) == 0);
}

EventReader::~EventReader() {
  fy_parser_destroy(parser_);
  fy_diag_destroy(diag_);
}

std::optional<Event> EventReader::event_of(const fy_event& event) {
  using Kind = Event::Kind;
  const auto from = [](Kind kind, fy_token* token, fy_token* tag, fy_token* anchor) {
    return Event{.kind = kind,
                 .place = place_of(token == nullptr ? nullptr : fy_token_start_mark(token)),
                 .tag = tag_of(tag),
                 .anchor = text_of(anchor)};
  };
  // libfyaml has more kinds, which say nothing about the content.
  switch (static_cast<int>(event.type)) {
    case FYET_DOCUMENT_START: {
      return from(Kind::kDocumentStart, event.document_start.document_start, nullptr, nullptr);
    }
    case FYET_SCALAR: {
      Event scalar = from(Kind::kScalar, event.scalar.value, event.scalar.tag, event.scalar.anchor);
      scalar.text = text_of(event.scalar.value);
      const fy_scalar_style style = fy_token_scalar_style(event.scalar.value);
      scalar.is_plain = style == FYSS_PLAIN;
      // libfyaml points behind the opening quote.
      const bool is_quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
      if (is_quoted && scalar.place.column > 1) --scalar.place.column;
      return scalar;
    }
    case FYET_ALIAS: {
      Event alias = from(Kind::kAlias, event.alias.anchor, nullptr, nullptr);
      alias.text = text_of(event.alias.anchor);
      return alias;
    }
    case FYET_SEQUENCE_START:
      return from(Kind::kListStart, event.sequence_start.sequence_start, event.sequence_start.tag,
                  event.sequence_start.anchor);
    case FYET_SEQUENCE_END: return Event{.kind = Kind::kListEnd, .place = {}};
    case FYET_MAPPING_START:
      return from(Kind::kObjectStart, event.mapping_start.mapping_start, event.mapping_start.tag,
                  event.mapping_start.anchor);
    case FYET_MAPPING_END: return Event{.kind = Kind::kObjectEnd, .place = {}};
  }
  return std::nullopt;
}

std::optional<Event> EventReader::next() {
  while (!fault_) {
    fy_event* const event = fy_parser_parse(parser_);
    if (event == nullptr) {
      note_fault();
      return std::nullopt;
    }
    std::optional<Event> seen = event_of(*event);
    fy_parser_event_free(parser_, event);
    if (seen) return seen;
  }
  return std::nullopt;
}

void EventReader::note_fault() {
  void* position = nullptr;
  const fy_diag_error* const error = fy_diag_errors_iterate(diag_, &position);
  if (error != nullptr) {
    fault_ = TextFault{
        .place = {.line = from_one(error->line - 1), .column = from_one(error->column - 1)},
        .what = error->msg == nullptr ? "invalid YAML" : error->msg};
  } else if (fy_parser_get_stream_error(parser_)) {
    fault_ = TextFault{.place = {}, .what = "invalid YAML"};
  }
}

}  // namespace hearth::yaml
