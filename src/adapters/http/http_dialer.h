#pragma once

#include <memory>
#include <string>

#include "ports/dialer.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// Dials agents by GET /v1/dial/NAME with the cluster's token, each time over a new connection.
///
/// Only an HTTP answer counts as one: the kernel of a machine whose agent hangs still accepts
/// connections. Any status counts except 404, by which an agent says that it belongs to another
/// node: an agent that has reached its bound of connections (503) is alive. kRefused, that nothing
/// listens there, can only be said by a host that is up. kNotAsked is a failure of this machine: it
/// has no descriptor, port or memory left, there is no route (from here or from a router on the
/// way), or the agent's name cannot be resolved.
///
/// At most `dials_max` dials are in progress, each with a socket and a timer; a stack is used only
/// to read an answer. More wait in line, and their timeout begins with their turn, so that many
/// nodes that are silent at once never look dead for lack of descriptors. There is one dial per
/// node: a further one takes the place in line of the previous one, or begins at once if that was
/// in progress. So dialling again does not lose the place in line, and with N silent nodes every
/// outcome arrives within two timeouts for each started group of `dials_max` nodes.
class HttpDialer final : public Dialer {
 public:
  static constexpr std::size_t kDialsMax = 4096;

  /// `dials_max`: dials in progress at once, each with a descriptor.
  HttpDialer(boost::asio::io_context& loop, std::string token, std::size_t dials_max = kDialsMax);
  /// Breaks off dials in progress and drops their callbacks.
  ~HttpDialer() override;

  void dial(const NodeName& node, const Endpoint& agent, Duration timeout,
            std::function<void(DialOutcome)> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // Shared with the coroutines of its dials.
};

}  // namespace hearth
