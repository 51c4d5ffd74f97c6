#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/loop/coroutine.h"
#include "adapters/loop/worker_thread.h"
#include "base/result.h"
#include "model/assignment.h"
#include "model/ids.h"

namespace hearth::docker {

/// A container of somebody else that serves an instance, and what must be known to leave it as it
/// was found.
struct Adoption {
  ContainerId container;
  std::string name;  ///< Of the container.
  WorkloadName workload;
  Generation generation;
  std::uint32_t restarts = 0;
  std::string restart_policy;  ///< As the engine gave it, in JSON; it is "no" while adopted.
  /// The name of a container that is being created in its place. Empty: none is.
  std::string next;
  /// The container that `container` replaces, until `container` was started. Empty: there is none.
  ContainerId old;
  bool operator==(const Adoption&) const = default;
};

/// The adopted containers of a node. The book is what makes a container adopted: its labels are
/// those of whoever created it.
///
/// A file that is replaced atomically, and is on the disk before a change counts; without a path
/// nothing is kept. A damaged file is left as it is, and then nothing can be adopted: a restart
/// policy that was changed could not be put back. At most kAdoptionsMax entries.
///
/// Used by coroutines on one loop; the disk is `worker`'s.
class AdoptionBook {
 public:
  using Entries = std::map<InstanceId, Adoption>;
  static constexpr std::size_t kAdoptionsMax = kInstancesPerNodeMax;

  /// Reads the file.
  AdoptionBook(std::filesystem::path file, WorkerThread& worker);

  /// kCorrupt, with the remedy, if the file is damaged.
  const Result<void>& readable() const { return readable_; }
  const Entries& entries() const { return entries_; }
  /// Nullopt: the instance has adopted none.
  std::optional<Adoption> find(const InstanceId& instance) const;
  /// The instance that the container serves, whether its own or one that replaces it or was.
  std::optional<InstanceId> instance_of(const ContainerId& container) const;

  /// kExhausted at the bound, or if the disk is full; then nothing has changed.
  Result<void> keep(const InstanceId& instance, const Adoption& adoption, Coroutine& coroutine);
  Result<void> forget(const InstanceId& instance, Coroutine& coroutine);

 private:
  Result<void> change(const InstanceId& instance, const std::optional<Adoption>& to,
                      Coroutine& coroutine);

  const std::filesystem::path file_;
  WorkerThread& worker_;
  Result<void> readable_;
  Entries entries_;
};

/// The bytes of the file. Pure.
std::string encode_book(const AdoptionBook::Entries& entries);
/// kCorrupt.
Result<AdoptionBook::Entries> decode_book(std::string_view text);

}  // namespace hearth::docker
