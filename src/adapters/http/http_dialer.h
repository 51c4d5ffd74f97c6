#pragma once

#include <memory>
#include <string>

#include "ports/dialer.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// Dials agents by GET /v1/dial/NAME with the cluster's token, each time over a fresh connection.
///
/// Only an answer counts as one: the kernel of a machine whose agent hangs still accepts
/// connections. Any HTTP answer will do but 404, by which an agent says that it is another node's:
/// an agent at its bound of connections (503) lives. kRefused is what only a host that is up can
/// say: that nobody listens there. kNotAsked is what this machine could not do: it has no
/// descriptor, port or memory left, or there is no route (here, or at a router on the way).
///
/// At most 256 dials are under way; more wait for their turn and have their whole timeout from
/// there on, so that many silent nodes at once never look dead for want of file descriptors.
class HttpDialer final : public Dialer {
 public:
  HttpDialer(boost::asio::io_context& loop, std::string token);
  /// Breaks off what is under way and drops its callbacks.
  ~HttpDialer() override;

  void dial(const NodeName& node, const Endpoint& agent, Duration timeout,
            std::function<void(DialOutcome)> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // Shared with the coroutines of its dials.
};

}  // namespace hearth
