#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"
#include "cli/dev/power_protocol.h"

namespace boost::asio {
class io_context;
}
namespace hearth {
struct Coroutine;
}

namespace hearth::cli {

/// The server side of the power switch: a unix socket that only this user may open.
///
/// At most `kConnectionsMax` connections; further ones are closed. One question per connection,
/// which must arrive within 5 s. All on the loop.
class PowerSocket {
 public:
  static constexpr std::size_t kConnectionsMax = 16;
  using Handler = std::function<Result<PowerState>(const PowerQuestion&, Coroutine&)>;

  /// Takes over the path of a dev cluster that ended without cleaning up. `handler` may suspend.
  static Result<std::unique_ptr<PowerSocket>> listen(boost::asio::io_context& loop,
                                                     const std::filesystem::path& path,
                                                     Handler handler);
  /// Stops listening and removes the path. Handlers in progress continue.
  ~PowerSocket();

 private:
  class Core;
  explicit PowerSocket(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;  // Shared with the coroutines of its connections.
};

}  // namespace hearth::cli
