#include "adapters/docker/adoption_book.h"

#include <fmt/format.h>

#include <utility>

#include "adapters/docker/engine_json.h"
#include "adapters/file/file.h"

namespace hearth::docker {
namespace {

constexpr std::size_t kBookBytesMax = 1024 * 1024;
constexpr std::uint64_t kBookVersion = 1;

Result<Adoption> read_adoption(const json::value& entry) {
  const auto workload = WorkloadName::parse(text_in(entry, "workload"));
  const auto generation = count_in(&entry, "generation");
  const auto restarts = count_in(&entry, "restarts");
  const std::string_view container = text_in(entry, "container");
  const std::string_view policy = text_in(entry, "restart_policy");
  if (!workload || !generation || !restarts || container.empty() || policy.empty())
    return fail(ErrorCode::kCorrupt, "an entry lacks a field");
  return Adoption{.container = ContainerId{std::string(container)},
                  .name = std::string(text_in(entry, "name")),
                  .workload = *workload,
                  .generation = Generation{*generation},
                  .restarts = static_cast<std::uint32_t>(*restarts),
                  .restart_policy = std::string(policy),
                  .next = std::string(text_in(entry, "next")),
                  .old = ContainerId{std::string(text_in(entry, "old"))}};
}

}  // namespace

std::string encode_book(const AdoptionBook::Entries& entries) {
  json::object adopted;
  for (const auto& [instance, one] : entries) {
    adopted[instance.str()] = json::object{{"container", one.container.str()},
                                           {"name", one.name},
                                           {"workload", one.workload.str()},
                                           {"generation", one.generation.value},
                                           {"restarts", one.restarts},
                                           {"restart_policy", one.restart_policy},
                                           {"next", one.next},
                                           {"old", one.old.str()}};
  }
  return json::serialize(json::object{{"v", kBookVersion}, {"adopted", std::move(adopted)}});
}

Result<AdoptionBook::Entries> decode_book(std::string_view text) {
  boost::system::error_code ec;
  const json::value book = json::parse(json::string_view(text.data(), text.size()), ec);
  if (ec) return fail(ErrorCode::kCorrupt, "it is not JSON");
  const json::value* adopted = member(book, "adopted");
  if (count_in(&book, "v") != kBookVersion || adopted == nullptr || !adopted->is_object())
    return fail(ErrorCode::kCorrupt, "it has another form");
  AdoptionBook::Entries entries;
  for (const auto& [instance, entry] : adopted->get_object()) {
    auto adoption = read_adoption(entry);
    if (!adoption) return tl::unexpected(adoption.error());
    entries.emplace(InstanceId{std::string(instance)}, *std::move(adoption));
  }
  return entries;
}

AdoptionBook::AdoptionBook(std::filesystem::path file, WorkerThread& worker)
    : file_(std::move(file)), worker_(worker) {
  if (file_.empty()) return;
  const auto text = read_file(file_, kBookBytesMax);
  auto entries = !text               ? tl::unexpected(text.error())
                 : text->has_value() ? decode_book(**text)
                                     : Result<Entries>();
  if (entries) {
    entries_ = *std::move(entries);
    return;
  }
  readable_ = fail(
      ErrorCode::kCorrupt,
      fmt::format("the book of adopted containers, '{}', cannot be read: {}; restore it, or remove "
                  "it and set the restart policies of the adopted containers by hand, then restart "
                  "the agent",
                  file_.native(), entries.error().message));
}

std::optional<Adoption> AdoptionBook::find(const InstanceId& instance) const {
  const auto found = entries_.find(instance);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<InstanceId> AdoptionBook::instance_of(const ContainerId& container) const {
  for (const auto& [instance, one] : entries_) {
    if (one.container == container || one.old == container) return instance;
  }
  return std::nullopt;
}

Result<void> AdoptionBook::keep(const InstanceId& instance, const Adoption& adoption,
                                Coroutine& coroutine) {
  if (!entries_.contains(instance) && entries_.size() >= kAdoptionsMax) {
    return fail(
        ErrorCode::kExhausted,
        fmt::format("{} containers are adopted on this node, which is the limit", entries_.size()));
  }
  return change(instance, adoption, coroutine);
}

Result<void> AdoptionBook::forget(const InstanceId& instance, Coroutine& coroutine) {
  return change(instance, std::nullopt, coroutine);
}

Result<void> AdoptionBook::change(const InstanceId& instance, const std::optional<Adoption>& to,
                                  Coroutine& coroutine) {
  const std::optional<Adoption> before = find(instance);
  if (before == to) return {};
  const auto set = [&](const std::optional<Adoption>& adoption) {
    entries_.erase(instance);
    if (adoption) entries_.emplace(instance, *adoption);
  };
  set(to);
  if (file_.empty()) return {};
  // Notices and other verbs see the change while it is written; its effects wait for the disk.
  Result<void> written = worker_.run(
      [this, text = encode_book(entries_)] { return replace_file(file_, text); }, coroutine);
  if (!written) set(before);
  return written;
}

}  // namespace hearth::docker
