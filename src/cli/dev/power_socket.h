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

/// Where dev nodes are switched: answers questions on a unix socket that only this user may open.
///
/// At most `kConnectionsMax` at once; further ones are closed. One question a connection, which has
/// to come within 5 s. All on the loop.
class PowerSocket {
 public:
  static constexpr std::size_t kConnectionsMax = 16;
  using Handler = std::function<Result<PowerState>(const PowerQuestion&, Coroutine&)>;

  /// Takes the path over from a dev cluster that ended without a word. `handler` may suspend.
  static Result<std::unique_ptr<PowerSocket>> listen(boost::asio::io_context& loop,
                                                     const std::filesystem::path& path,
                                                     Handler handler);
  /// Ends listening and removes the path. Handlers that are under way go on.
  ~PowerSocket();

 private:
  class Core;
  explicit PowerSocket(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;  // Shared with the coroutines of its connections.
};

}  // namespace hearth::cli
