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
/// descriptor, port or memory left, there is no route (here, or at a router on the way), or the
/// agent's name cannot be looked up.
///
/// At most `dials_max` dials are under way, each a socket and a timer: a stack is taken only to
/// read an answer. More wait in line and have their whole timeout from their turn on, so that many
/// silent nodes at once never look dead for want of descriptors. There is one dial a node: a
/// further one takes over the place in line of the one before, or begins at once where that was
/// under way. So a dial that waited is not lost by being asked for again, and with N silent nodes
/// each one's outcome comes within two timeouts for each `dials_max` of them, begun.
class HttpDialer final : public Dialer {
 public:
  static constexpr std::size_t kDialsMax = 4096;

  /// `dials_max`: under way at once, each with a descriptor.
  HttpDialer(boost::asio::io_context& loop, std::string token, std::size_t dials_max = kDialsMax);
  /// Breaks off what is under way and drops its callbacks.
  ~HttpDialer() override;

  void dial(const NodeName& node, const Endpoint& agent, Duration timeout,
            std::function<void(DialOutcome)> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // Shared with the coroutines of its dials.
};

}  // namespace hearth
