#include "shell/agent/bus_finder.h"

#include <utility>

#include <boost/json.hpp>

namespace hearth {
namespace {

Result<BusAddress> parse_bus_address(const HttpReply& reply) {
  boost::system::error_code ec;
  const boost::json::value value = boost::json::parse(reply.body, ec);
  const boost::json::object* object = ec ? nullptr : value.if_object();
  const auto text = [&](const char* key) -> const boost::json::string* {
    const boost::json::value* found = object == nullptr ? nullptr : object->if_contains(key);
    return found == nullptr ? nullptr : found->if_string();
  };
  const boost::json::string* bootstrap = text("bootstrap");
  const boost::json::string* prefix = text("topic_prefix");
  if (bootstrap == nullptr || prefix == nullptr) {
    return fail(ErrorCode::kCorrupt,
                "the manager's answer does not contain the address of the bus");
  }
  return BusAddress{std::string(*bootstrap), std::string(*prefix)};
}

}  // namespace

BusFinder::BusFinder(Loop& loop, HttpClient& http, Endpoint manager,
                     std::function<void(BusAddress)> on_found,
                     std::function<void(const Error&)> on_failed)
    : http_(http),
      manager_(std::move(manager)),
      on_found_(std::move(on_found)),
      on_failed_(std::move(on_failed)),
      retry_(loop.make_timer([this] { ask(); })) {}

void BusFinder::seek() {
  if (std::exchange(seeking_, true)) return;
  ask();
}

void BusFinder::ask() {
  HttpCall call{.server = manager_, .target = "/v1/bus", .timeout = std::chrono::seconds(3)};
  http_.send(std::move(call), [this](const Result<HttpReply>& reply) {
    const Result<BusAddress> address = reply.and_then(parse_bus_address);
    if (!address) {
      on_failed_(address.error());
      return retry_->arm(kRetry);
    }
    seeking_ = false;
    on_found_(*address);
  });
}

}  // namespace hearth
