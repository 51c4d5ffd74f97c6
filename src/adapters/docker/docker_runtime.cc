#include "adapters/docker/docker_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "adapters/docker/container_adopter.h"
#include "adapters/docker/container_target.h"
#include "adapters/docker/container_verbs.h"
#include "adapters/docker/engine_client.h"
#include "adapters/docker/engine_codec.h"
#include "adapters/docker/event_watch.h"
#include "adapters/docker/image_transfer.h"
#include "adapters/docker/lane.h"
#include "adapters/docker/line_splitter.h"
#include "adapters/docker/log_follower.h"
#include "adapters/docker/plain_log.h"
#include "adapters/loop/coroutine.h"
#include "adapters/loop/worker_thread.h"
#include "base/check.h"
#include "base/duration_text.h"
#include "wire/percent_coding.h"

namespace hearth::docker {
namespace {

/// Further ones are ignored without a word.
constexpr std::size_t kStrangersMax = 1024;
constexpr std::size_t kStrangersNamed = 8;  ///< At once; the rest is counted.

constexpr std::size_t kLineBytesMax = 256 * 1024;
constexpr std::size_t kRefusalBytesMax = 64 * 1024;

constexpr unsigned kOk = 200;
constexpr unsigned kMissing = 404;

std::string build_words(std::string_view reference) {
  return fmt::format("build '{}'", reference);
}

std::string save_words(std::string_view reference) {
  return fmt::format("save image '{}'", reference);
}

tl::unexpected<Error> refused(const EngineAnswer& answer, std::string_view doing) {
  return tl::unexpected(refusal(answer.status, answer.body, doing));
}

}  // namespace

class DockerRuntime::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(boost::asio::io_context& loop, DockerConfig config)
      : loop_(loop),
        config_(std::move(config)),
        client_(loop, config_.socket),
        worker_(loop),
        containers_(loop, client_, config_),
        adopter_(loop, client_, config_, containers_, worker_),
        watch_(loop, client_, containers_, adopter_, config_, counters_) {}

  void close() {
    closed_ = true;
    client_.close();
    watch_.close();
    for (Lane* lane : {&verbs_, &stops_, &execs_, &looks_, &builds_, &transfers_, &logs_})
      lane->clear();
  }

  const DockerCounters& counters() const { return counters_; }
  const std::filesystem::path& data_root() const { return data_root_; }

  void cancel_build(const std::string& reference) {
    client_.break_off(build_words(reference));
    client_.break_off(save_words(reference));
  }

  void watch(Handlers handlers) {
    HEARTH_CHECK(!watching_);
    watching_ = true;
    handlers_ = std::move(handlers);
    handlers_.on_lost = [this, tell = std::move(handlers_.on_lost)](const Error& error) {
      data_root_.clear();  // The next engine can have its data elsewhere, and other images.
      containers_.forget_images();
      tell(error);
    };
    start_coroutine(loop_, [self = shared_from_this()](Coroutine& coroutine) {
      self->watch_.run(self->handlers_, coroutine);
    });
    start_coroutine(loop_, [self = shared_from_this()](Coroutine& coroutine) {
      self->watch_.report_children(self->handlers_, coroutine);
    });
  }

  /// Runs `work(core, coroutine)` in its turn and completes with its result.
  template <class T, class Work>
  void submit(Lane& lane, const Completion<T>& done, const Work& work) {
    auto body = [self = shared_from_this(), &lane, done, work](Coroutine& coroutine) {
      if (self->closed_) return;
      Result<T> result = work(*self, coroutine);
      if (self->closed_) return;
      lane.leave();
      done(std::move(result));
    };
    auto begin = [this, body = std::move(body)] { start_coroutine(loop_, body); };
    if (lane.enter(std::move(begin))) return;
    boost::asio::post(loop_, [self = shared_from_this(), done] {
      if (self->closed_) return;
      done(fail(ErrorCode::kExhausted,
                "too many requests are waiting for the Docker engine; try again later"));
    });
  }

  Result<Inventory> take_inventory(Coroutine& coroutine);
  Result<void> build(const std::filesystem::path& context, const std::string& reference,
                     const ChunkSink& log, Coroutine& coroutine);
  Result<Digest> save_image(const std::string& reference, const std::filesystem::path& file,
                            Coroutine& coroutine);
  Result<void> load_image(const std::filesystem::path& file, Coroutine& coroutine);
  Result<void> remove_image(const std::string& reference, Coroutine& coroutine);

 private:
  friend class DockerRuntime;

  Result<EngineAnswer> get(std::string target, std::string doing, Duration patience,
                           Coroutine& coroutine);
  Result<EngineAnswer> change(std::string_view method, std::string target, std::string doing,
                              Coroutine& coroutine);
  Result<ContainerList> list_containers(Coroutine& coroutine);
  Result<std::vector<std::string>> list_images(Coroutine& coroutine);
  std::string first_words_about(const std::vector<ContainerId>& strangers);
  void learn_ends(Inventory& inventory, Coroutine& coroutine);
  void learn_data_root(Coroutine& coroutine);
  Result<void> run_build(const std::filesystem::path& context, const std::string& reference,
                         const ChunkSink& log, Coroutine& coroutine);
  Result<void> follow_progress(AnswerStream& stream, std::string_view doing, const ChunkSink& log,
                               Coroutine& coroutine);

  boost::asio::io_context& loop_;
  const DockerConfig config_;
  EngineClient client_;
  WorkerThread worker_;
  ContainerVerbs containers_;
  ContainerAdopter adopter_;
  Lane verbs_{{.running_max = 8, .waiting_max = 1024}};
  Lane stops_{{.running_max = 32, .waiting_max = 1024}};
  Lane execs_{{.running_max = 32, .waiting_max = 256}};
  Lane looks_{{.running_max = 4, .waiting_max = 256}};
  Lane builds_{{.running_max = 1, .waiting_max = 16}};
  Lane transfers_{{.running_max = 2, .waiting_max = 64}};
  Lane logs_{{.running_max = 16, .waiting_max = 0}};
  DockerCounters counters_;
  std::set<ContainerId> strangers_;  ///< Named already.
  std::filesystem::path data_root_;
  EventWatch watch_;
  Handlers handlers_;
  bool watching_ = false;
  bool closed_ = false;
  PlainLog plain_log_{loop_, client_, config_.timeouts, closed_};
};

Result<EngineAnswer> DockerRuntime::Core::get(std::string target, std::string doing,
                                              Duration patience, Coroutine& coroutine) {
  return client_.ask({.method = "GET",
                      .target = std::move(target),
                      .body = {},
                      .doing = std::move(doing),
                      .patience = http::CallTimes::of(patience)},
                     coroutine);
}

Result<EngineAnswer> DockerRuntime::Core::change(std::string_view method, std::string target,
                                                 std::string doing, Coroutine& coroutine) {
  return client_.ask({.method = method,
                      .target = std::move(target),
                      .body = {},
                      .doing = std::move(doing),
                      .patience = http::CallTimes::of(config_.timeouts.change)},
                     coroutine);
}

Result<Inventory> DockerRuntime::Core::take_inventory(Coroutine& coroutine) {
  const EventWatch::Listing listing(watch_);
  auto list = list_containers(coroutine);
  if (!list) return tl::unexpected(list.error());
  counters_.containers_unreadable += list->unreadable;
  Inventory inventory{.containers = std::move(list->containers), .images = {}};
  inventory.strangers = first_words_about(list->strangers);
  learn_ends(inventory, coroutine);
  ContainerAdopter::List adopted = adopter_.list(coroutine);
  std::move(adopted.containers.begin(), adopted.containers.end(),
            std::back_inserter(inventory.containers));
  if (inventory.missing.empty()) inventory.missing = std::move(adopted.missing);
  // A failed image list must not hide the containers: what dies is restarted without the images.
  auto images = list_images(coroutine);
  inventory.images_known = images.has_value();
  if (images) {
    inventory.images = std::move(*images);
  } else {
    inventory.missing = images.error().message;
  }
  if (data_root_.empty()) learn_data_root(coroutine);

  // Last, when nothing is left to wait for: the engine reports a death before its list does, and
  // the notice can have arrived at any time since the list was requested. A list older than the
  // notice must not show the container as running again.
  for (Container& container : inventory.containers) {
    const auto end = watch_.end_of(container.id);
    if (!end) continue;
    container.state = ContainerState::kExited;
    container.exit = end;
  }
  std::erase_if(inventory.containers,
                [&](const Container& container) { return listing.saw_go(container.id); });
  return inventory;
}

Result<ContainerList> DockerRuntime::Core::list_containers(Coroutine& coroutine) {
  constexpr std::string_view kDoing = "list the containers";
  const auto answer = get(container_list_target({config_.node, config_.cluster}),
                          std::string(kDoing), config_.timeouts.answer, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return refused(*answer, kDoing);
  return decode_container_list(answer->body);
}

Result<std::vector<std::string>> DockerRuntime::Core::list_images(Coroutine& coroutine) {
  constexpr std::string_view kDoing = "list the images";
  const auto answer =
      get(image_list_target(), std::string(kDoing), config_.timeouts.answer, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != kOk) return refused(*answer, kDoing);
  return decode_image_list(answer->body);
}

/// In words, those that no earlier inventory named.
std::string DockerRuntime::Core::first_words_about(const std::vector<ContainerId>& strangers) {
  std::string names;
  std::size_t count = 0;
  for (const ContainerId& stranger : strangers) {
    if (strangers_.size() >= kStrangersMax || !strangers_.insert(stranger).second) continue;
    ++counters_.strangers;
    if (++count > kStrangersNamed) continue;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", stranger.str().substr(0, 12));
  }
  if (names.empty()) return names;
  if (count > kStrangersNamed) names += fmt::format(" and {} more", count - kStrangersNamed);
  return fmt::format(
      "ignored, although they bear this node's labels: {}; somebody made an image "
      "of one of its containers, and these from that",
      names);
}

/// A container that the engine cannot inspect (it is locked, its files are damaged) is listed as
/// exited without an exit: it must not hide the others.
void DockerRuntime::Core::learn_ends(Inventory& inventory, Coroutine& coroutine) {
  const auto give_up = std::chrono::steady_clock::now() + config_.timeouts.answer;
  std::size_t unlisted = 0;
  std::vector<Container> kept;
  for (Container& container : inventory.containers) {
    if (container.state == ContainerState::kExited && !watch_.end_of(container.id)) {
      Result<std::optional<ContainerExit>> exit =
          fail(ErrorCode::kTimeout, "the Docker engine took too long to inspect other containers");
      if (std::chrono::steady_clock::now() < give_up)
        exit = containers_.exit_of(container.id, coroutine);
      // Removed since it was listed.
      if (!exit && exit.error().code == ErrorCode::kNotFound) continue;
      if (exit) {
        container.exit = *exit;
      } else if (++unlisted == 1) {
        inventory.missing = exit.error().message;
      }
    }
    kept.push_back(std::move(container));
  }
  inventory.containers = std::move(kept);
  if (unlisted > 1) inventory.missing += fmt::format(" ({} more like it)", unlisted - 1);
}

/// A failed query is repeated with the next inventory; nothing else depends on it.
void DockerRuntime::Core::learn_data_root(Coroutine& coroutine) {
  const auto answer =
      get("/info", "report its data folder", config_.timeouts.inspection, coroutine);
  if (answer && answer->status == kOk) data_root_ = decode_data_root(answer->body);
}

Result<void> DockerRuntime::Core::build(const std::filesystem::path& context,
                                        const std::string& reference, const ChunkSink& log,
                                        Coroutine& coroutine) {
  Result<void> built = run_build(context, reference, log, coroutine);
  if (built || built.error().code != ErrorCode::kTimeout) return built;
  // The same Dockerfile would take as long again. Dropping the connection ends the build.
  Error error{ErrorCode::kFailed, fmt::format("'{}' was not built within {}: cancelled", reference,
                                              show_duration(config_.timeouts.build))};
  if (!closed_) log(error.message + "\n");
  return tl::unexpected(std::move(error));
}

Result<void> DockerRuntime::Core::run_build(const std::filesystem::path& context,
                                            const std::string& reference, const ChunkSink& log,
                                            Coroutine& coroutine) {
  const std::string doing = build_words(reference);
  auto file = FileUpload::open(context, worker_, coroutine);
  if (!file) return tl::unexpected(file.error());
  auto stream =
      client_.open({.method = "POST",
                    .target = fmt::format("/build?rm=1&forcerm=1&t={}", percent_encode(reference)),
                    .body = {},
                    .doing = doing,
                    .patience = http::CallTimes::of(config_.timeouts.build)},
                   file->upload(), coroutine);
  if (!stream) return tl::unexpected(stream.error());
  if (stream->status() == kOk) return follow_progress(*stream, doing, log, coroutine);

  const auto body = stream->rest(kRefusalBytesMax, coroutine);
  if (!body) return tl::unexpected(body.error());
  Error error = refusal(stream->status(), *body, doing);
  // An unreadable Dockerfile gets a status and no stream.
  if (error.code == ErrorCode::kInvalidArgument) error.code = ErrorCode::kFailed;
  if (!closed_) log(error.message + "\n");
  return tl::unexpected(std::move(error));
}

/// Reads the progress of a build or a load to its end; its text goes to `log`.
Result<void> DockerRuntime::Core::follow_progress(AnswerStream& stream, std::string_view doing,
                                                  const ChunkSink& log, Coroutine& coroutine) {
  LineSplitter lines(kLineBytesMax);
  std::string reason;
  const auto take = [&](std::string_view line) -> Result<void> {
    const auto message = decode_progress(line);
    if (!message) return tl::unexpected(message.error());
    if (!message->error.empty()) reason = message->error;
    const std::string text =
        message->error.empty() ? message->text : message->text + message->error + "\n";
    if (text.empty() || closed_ || log(text)) return {};
    return fail(ErrorCode::kFailed, fmt::format("cancelled the request to {}: not needed", doing));
  };
  for (;;) {
    const auto piece = stream.next(coroutine);
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) break;
    if (auto taken = lines.feed(*piece, take); !taken) return taken;
  }
  if (auto taken = lines.finish(take); !taken) return taken;
  return reason.empty() ? Result<void>() : tl::unexpected(failure(reason, doing));
}

Result<Digest> DockerRuntime::Core::save_image(const std::string& reference,
                                               const std::filesystem::path& file,
                                               Coroutine& coroutine) {
  const std::string doing = save_words(reference);
  const Duration stall = config_.timeouts.transfer_stall;
  auto stream = client_.open({.method = "GET",
                              .target = fmt::format("/images/{}/get", percent_encode(reference)),
                              .body = {},
                              .doing = doing,
                              .patience = {stall, stall, config_.timeouts.transfer}},
                             coroutine);
  if (!stream) return tl::unexpected(stream.error());
  if (stream->status() != kOk) {
    const auto body = stream->rest(kRefusalBytesMax, coroutine);
    if (!body) return tl::unexpected(body.error());
    return tl::unexpected(refusal(stream->status(), *body, doing));
  }
  auto image = ImageFile::create(file, worker_, coroutine);
  if (!image) return tl::unexpected(image.error());
  const auto receive = [&]() -> Result<Digest> {
    for (;;) {
      const auto piece = stream->next(coroutine);
      if (!piece) return tl::unexpected(piece.error());
      if (piece->empty()) return image->finish(doing, coroutine);
      if (auto written = image->write(*piece, coroutine); !written) {
        return tl::unexpected(written.error());
      }
    }
  };
  Result<Digest> received = receive();
  if (!received) image->discard(coroutine);
  return received;
}

Result<void> DockerRuntime::Core::load_image(const std::filesystem::path& file,
                                             Coroutine& coroutine) {
  const std::string doing = fmt::format("load the image in '{}'", file.native());
  const Duration stall = config_.timeouts.transfer_stall;
  auto upload = FileUpload::open(file, worker_, coroutine);
  if (!upload) return tl::unexpected(upload.error());
  auto stream = client_.open({.method = "POST",
                              .target = "/images/load",
                              .body = {},
                              .doing = doing,
                              .patience = {stall, stall, config_.timeouts.transfer}},
                             upload->upload(), coroutine);
  if (!stream) return tl::unexpected(stream.error());
  if (stream->status() == kOk) {
    return follow_progress(*stream, doing, [](std::string_view) { return true; }, coroutine);
  }
  const auto body = stream->rest(kRefusalBytesMax, coroutine);
  if (!body) return tl::unexpected(body.error());
  return tl::unexpected(refusal(stream->status(), *body, doing));
}

Result<void> DockerRuntime::Core::remove_image(const std::string& reference, Coroutine& coroutine) {
  const std::string doing = fmt::format("remove image '{}'", reference);
  const auto answer = change("DELETE", "/images/" + percent_encode(reference), doing, coroutine);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kOk || answer->status == kMissing) return {};
  return refused(*answer, doing);
}

DockerRuntime::DockerRuntime(boost::asio::io_context& loop, const DockerConfig& config)
    : core_(std::make_shared<Core>(loop, config)),
      following_(std::make_shared<LogFollowing>(loop, config.socket, config.timeouts)) {}

DockerRuntime::~DockerRuntime() {
  core_->close();
  following_->close();
}

const DockerCounters& DockerRuntime::counters() const {
  return core_->counters();
}

const std::filesystem::path& DockerRuntime::data_root() const {
  return core_->data_root();
}

void DockerRuntime::cancel_build(const std::string& reference) {
  core_->cancel_build(reference);
}

void DockerRuntime::watch(Handlers handlers) {
  core_->watch(std::move(handlers));
}

void DockerRuntime::inventory(Completion<Inventory> done) {
  core_->submit(core_->verbs_, done,
                [](Core& core, Coroutine& coroutine) { return core.take_inventory(coroutine); });
}

void DockerRuntime::create(ContainerRequest request, Completion<ContainerId> done) {
  core_->submit(core_->verbs_, done,
                [request = std::move(request)](Core& core, Coroutine& coroutine) {
                  return core.containers_.create(request, coroutine);
                });
}

void DockerRuntime::start(const ContainerId& container, Completion<void> done) {
  core_->submit(core_->verbs_, done, [container](Core& core, Coroutine& coroutine) {
    return core.adopter_.start(container, coroutine);
  });
}

void DockerRuntime::stop(const ContainerId& container, Duration grace, Completion<void> done) {
  core_->submit(core_->stops_, done, [container, grace](Core& core, Coroutine& coroutine) {
    return core.containers_.stop(container, grace, coroutine);
  });
}

void DockerRuntime::remove(const ContainerId& container, Completion<void> done) {
  core_->submit(core_->verbs_, done, [container](Core& core, Coroutine& coroutine) {
    return core.containers_.remove(container, coroutine);
  });
}

void DockerRuntime::adopt(AdoptRequest request, Completion<Container> done) {
  core_->submit(core_->verbs_, done,
                [request = std::move(request)](Core& core, Coroutine& coroutine) {
                  return core.adopter_.adopt(request, coroutine);
                });
}

void DockerRuntime::recreate(const InstanceId& instance, std::uint32_t restarts,
                             Completion<Container> done) {
  core_->submit(core_->verbs_, done, [instance, restarts](Core& core, Coroutine& coroutine) {
    return core.adopter_.recreate(instance, restarts, coroutine);
  });
}

void DockerRuntime::let_go(const InstanceId& instance, Completion<void> done) {
  core_->submit(core_->verbs_, done, [instance](Core& core, Coroutine& coroutine) {
    return core.adopter_.let_go(instance, coroutine);
  });
}

void DockerRuntime::exec(ExecRequest request, Completion<ExecResult> done) {
  core_->submit(core_->execs_, done,
                [request = std::move(request)](Core& core, Coroutine& coroutine) {
                  return core.containers_.exec(request, coroutine);
                });
}

void DockerRuntime::inspect(const ContainerId& container, Completion<ContainerDetails> done) {
  core_->submit(core_->looks_, done,
                [container](Core& core, Coroutine& coroutine) -> Result<ContainerDetails> {
                  auto inspected = core.containers_.inspect(container, coroutine);
                  if (!inspected) return tl::unexpected(inspected.error());
                  return std::move(inspected->details);
                });
}

void DockerRuntime::usage(const ContainerId& container, Completion<ContainerUsage> done) {
  core_->submit(core_->looks_, done, [container](Core& core, Coroutine& coroutine) {
    return core.containers_.usage(container, coroutine);
  });
}

void DockerRuntime::build(const std::filesystem::path& context, const std::string& reference,
                          ChunkSink log, Completion<void> done) {
  core_->submit(core_->builds_, done,
                [context, reference, log = std::move(log)](Core& core, Coroutine& coroutine) {
                  auto built = core.build(context, reference, log, coroutine);
                  core.containers_.forget_images();
                  return built;
                });
}

void DockerRuntime::save_image(const std::string& reference, const std::filesystem::path& file,
                               Completion<Digest> done) {
  core_->submit(core_->transfers_, done, [reference, file](Core& core, Coroutine& coroutine) {
    return core.save_image(reference, file, coroutine);
  });
}

void DockerRuntime::load_image(const std::filesystem::path& file, Completion<void> done) {
  core_->submit(core_->transfers_, done, [file](Core& core, Coroutine& coroutine) {
    auto loaded = core.load_image(file, coroutine);
    core.containers_.forget_images();
    return loaded;
  });
}

void DockerRuntime::remove_image(const std::string& reference, Completion<void> done) {
  core_->submit(core_->verbs_, done, [reference](Core& core, Coroutine& coroutine) {
    auto removed = core.remove_image(reference, coroutine);
    core.containers_.forget_images();
    return removed;
  });
}

void DockerRuntime::logs(LogRequest request, ChunkSink sink, Completion<void> done) {
  core_->submit(
      core_->logs_, done,
      [request = std::move(request), sink = std::move(sink)](Core& core, Coroutine& coroutine) {
        return core.plain_log_.read(request, sink, coroutine);
      });
}

std::unique_ptr<LogFollower> DockerRuntime::follow_log(LogFollowRequest request,
                                                       LogHandlers handlers) {
  return following_->follow(std::move(request), std::move(handlers));
}

}  // namespace hearth::docker
