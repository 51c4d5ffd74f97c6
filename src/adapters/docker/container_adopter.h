#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/docker/adopted_codec.h"
#include "adapters/docker/adoption_book.h"
#include "adapters/docker/container_verbs.h"
#include "adapters/docker/docker_runtime.h"
#include "adapters/docker/engine_client.h"
#include "adapters/loop/coroutine.h"
#include "adapters/loop/worker_thread.h"

namespace hearth::docker {

/// Containers of somebody else: adopts them, puts a fresh one in the place of one that ended, and
/// leaves them as they were found. ContainerRuntime says what each verb promises.
///
/// Each step is in the book before its effect, so that an agent that dies between any two of them
/// continues or undoes what it had begun, with the next listing or the next verb:
///
/// - the restart policy is in the book before it is changed;
/// - the fresh container is created under a name that is in the book, and removed if that is all
///   that happened;
/// - then the book names both. The old one is renamed, the fresh one gets its name. The old one is
///   removed once the fresh one was started; if the instance lets go before, it is the old one
///   again.
///
/// Verbs and listings wait for each other, instance by instance.
class ContainerAdopter {
 public:
  ContainerAdopter(boost::asio::io_context& loop, EngineClient& client, const DockerConfig& config,
                   ContainerVerbs& containers, WorkerThread& worker)
      : loop_(loop),
        client_(client),
        config_(config),
        containers_(containers),
        worker_(worker),
        book_(config.adoption_book, worker) {}

  Result<Container> adopt(const AdoptRequest& request, Coroutine& coroutine);
  Result<Container> recreate(const InstanceId& instance, std::uint32_t restarts,
                             Coroutine& coroutine);
  Result<void> let_go(const InstanceId& instance, Coroutine& coroutine);
  /// Of any container; one that was recreated takes the place of the old one.
  Result<void> start(const ContainerId& container, Coroutine& coroutine);

  struct List {
    std::vector<Container> containers;
    std::string missing;  ///< In words, what could not be inspected; empty: nothing.
  };
  /// The adopted containers. One that cannot be inspected is listed as it was seen last.
  List list(Coroutine& coroutine);
  /// The instance that the adopted container serves.
  std::optional<InstanceId> instance_of(const ContainerId& container) const {
    return book_.instance_of(container);
  }

 private:
  class Busy;

  Result<EngineAnswer> ask(std::string_view method, std::string target, std::string body,
                           const std::string& doing, Coroutine& coroutine);
  Result<void> change(std::string target, std::string body, const std::string& doing,
                      Coroutine& coroutine);
  /// By id or name.
  Result<std::string> inspect(const std::string& container, Coroutine& coroutine);
  Result<ForeignContainer> look_at(const std::string& container, Coroutine& coroutine);
  Container seen(const InstanceId& instance, const Adoption& adoption,
                 const ForeignContainer& container);
  bool is_own(const ContainerId& container, Coroutine& coroutine);
  Result<std::optional<Container>> find_adopted(const AdoptRequest& request, Coroutine& coroutine);
  Result<void> check(const ForeignContainer& found, const AdoptRequest& request,
                     Coroutine& coroutine);
  Result<void> set_policy(const ContainerId& container, std::string_view policy,
                          Coroutine& coroutine);
  Result<ContainerId> make_next(const InstanceId& instance, Adoption& adoption,
                                Coroutine& coroutine);
  Result<ContainerId> create(const Recreation& recreation, const std::string& name,
                             Coroutine& coroutine);
  Result<void> connect(const ContainerId& container, const Recreation& recreation,
                       Coroutine& coroutine);
  Result<std::string> image_of(const ForeignContainer& container, Coroutine& coroutine);
  Result<void> swap_names(const Adoption& adoption, Coroutine& coroutine);
  Result<void> rename(const ContainerId& container, const std::string& name, Coroutine& coroutine);
  Result<void> discard(const std::string& container, Coroutine& coroutine);
  Result<void> drop_next(const InstanceId& instance, Adoption& adoption, Coroutine& coroutine);
  Result<void> drop_old(const InstanceId& instance, Adoption& adoption, Coroutine& coroutine);
  Result<void> return_to_old(const InstanceId& instance, Adoption& adoption, Coroutine& coroutine);
  Result<void> note_gone(const InstanceId& instance, Adoption adoption, Coroutine& coroutine);
  Error unnamed(const InstanceId& instance, const Adoption& adoption, Error error,
                Coroutine& coroutine);
  Result<void> settle(const InstanceId& instance, const ForeignContainer& found,
                      Coroutine& coroutine);

  boost::asio::io_context& loop_;
  EngineClient& client_;
  const DockerConfig& config_;
  ContainerVerbs& containers_;
  WorkerThread& worker_;
  AdoptionBook book_;
  std::set<InstanceId> busy_;  ///< A verb changes their containers.
  std::map<InstanceId, Container> last_seen_;
};

}  // namespace hearth::docker
