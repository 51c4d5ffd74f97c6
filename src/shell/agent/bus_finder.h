#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ports/bus.h"
#include "ports/http_client.h"
#include "ports/loop.h"

namespace hearth {

/// The address of the bus and the prefix of its topics.
struct BusAddress {
  std::string bootstrap;
  std::string topic_prefix;
  bool operator==(const BusAddress&) const = default;
};

/// Asks the manager for the address of the bus until it answers, and again when the bus is lost: an
/// embedded broker has another port after each start of the manager. `on_failed` is called for
/// every failed attempt.
class BusFinder {
 public:
  static constexpr Duration kRetry = std::chrono::seconds(1);

  BusFinder(Loop& loop, HttpClient& http, Endpoint manager,
            std::function<void(BusAddress)> on_found, std::function<void(const Error&)> on_failed);

  /// Starts asking, unless it is asking already.
  void seek();

 private:
  void ask();

  HttpClient& http_;
  Endpoint manager_;
  std::function<void(BusAddress)> on_found_;
  std::function<void(const Error&)> on_failed_;
  bool seeking_ = false;
  std::unique_ptr<Timer> retry_;
};

}  // namespace hearth
