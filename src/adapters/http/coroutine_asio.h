#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/spawn.hpp>

#include "adapters/http/coroutine.h"

namespace hearth::http {

struct Coroutine {
  boost::asio::yield_context yield;
};

}  // namespace hearth::http
