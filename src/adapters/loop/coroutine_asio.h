#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/spawn.hpp>

#include "adapters/loop/coroutine.h"

namespace hearth {

struct Coroutine {
  boost::asio::yield_context yield;
};

}  // namespace hearth
