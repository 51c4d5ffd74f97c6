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

using Kind = Event::Kind;

Event from(Kind kind, fy_token* token, fy_token* tag, fy_token* anchor) {
  return {.kind = kind,
          .place = place_of(token == nullptr ? nullptr : fy_token_start_mark(token)),
          .tag = tag_of(tag),
          .anchor = text_of(anchor)};
}

Event scalar_of(const fy_event_scalar_data& scalar) {
  Event event = from(Kind::kScalar, scalar.value, scalar.tag, scalar.anchor);
  event.text = text_of(scalar.value);
  const fy_scalar_style style = fy_token_scalar_style(scalar.value);
  event.is_plain = style == FYSS_PLAIN;
  // libfyaml points behind the opening quote.
  const bool is_quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
  if (is_quoted && event.place.column > 1) --event.place.column;
  return event;
}

void drop_output(fy_diag*, void*, const char*, std::size_t) {}

std::optional<Event> event_of(const fy_event& event) {
  if (event.type == FYET_DOCUMENT_START) {
    return from(Kind::kDocumentStart, event.document_start.document_start, nullptr, nullptr);
  }
  if (event.type == FYET_SCALAR) return scalar_of(event.scalar);
  if (event.type == FYET_ALIAS) {
    Event alias = from(Kind::kAlias, event.alias.anchor, nullptr, nullptr);
    alias.text = text_of(event.alias.anchor);
    return alias;
  }
  if (event.type == FYET_SEQUENCE_START) {
    return from(Kind::kListStart, event.sequence_start.sequence_start, event.sequence_start.tag,
                event.sequence_start.anchor);
  }
  if (event.type == FYET_SEQUENCE_END) return Event{.kind = Kind::kListEnd, .place = {}};
  if (event.type == FYET_MAPPING_START) {
    return from(Kind::kObjectStart, event.mapping_start.mapping_start, event.mapping_start.tag,
                event.mapping_start.anchor);
  }
  if (event.type == FYET_MAPPING_END) return Event{.kind = Kind::kObjectEnd, .place = {}};
  return std::nullopt;  // The other kinds say nothing about the content.
}

}  // namespace

struct EventReader::Parser {
  explicit Parser(std::string_view text) {
    fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.output_fn = drop_output;
    diag_config.colorize = false;
    diag = fy_diag_create(&diag_config);
    HEARTH_CHECK(diag != nullptr);
    fy_diag_set_collect_errors(diag, true);
    const fy_parse_cfg config{
        .search_path = "",
        .flags = static_cast<fy_parse_cfg_flags>(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                                                 FYPCF_DISABLE_MMAP_OPT),
        .userdata = nullptr,
        .diag = diag};
    parser = fy_parser_create(&config);
    HEARTH_CHECK(parser != nullptr);
    // It takes no null pointer, which an empty view has.
    const char* const data = text.empty() ? "" : text.data();
    HEARTH_CHECK(fy_parser_set_string(parser, data, text.size()) == 0);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() {
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
  }

  fy_diag* diag;
  fy_parser* parser;
};

EventReader::EventReader(std::string_view text) : parser_(std::make_unique<Parser>(text)) {}
EventReader::~EventReader() = default;

std::optional<Event> EventReader::next() {
  while (!fault_) {
    fy_event* const event = fy_parser_parse(parser_->parser);
    if (event == nullptr) {
      note_fault();
      return std::nullopt;
    }
    std::optional<Event> seen = event_of(*event);
    fy_parser_event_free(parser_->parser, event);
    if (seen) return seen;
  }
  return std::nullopt;
}

void EventReader::note_fault() {
  void* position = nullptr;
  const fy_diag_error* const error = fy_diag_errors_iterate(parser_->diag, &position);
  if (error != nullptr) {
    fault_ = TextFault{
        .place = {.line = from_one(error->line - 1), .column = from_one(error->column - 1)},
        .what = error->msg == nullptr ? "invalid YAML" : error->msg};
  } else if (fy_parser_get_stream_error(parser_->parser)) {
    fault_ = TextFault{.place = {}, .what = "invalid YAML"};
  }
}

}  // namespace hearth::yaml
