#include "adapters/http/own_fault.h"

#include <boost/asio/error.hpp>

namespace hearth::http {

bool is_own_fault(const std::error_code& error) {
  const std::error_category& names = boost::asio::error::get_netdb_category();
  const std::error_category& services = boost::asio::error::get_addrinfo_category();
  if (error.category() == names || error.category() == services) return true;
  for (const std::errc local :
       {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
        std::errc::no_buffer_space, std::errc::not_enough_memory, std::errc::address_not_available,
        std::errc::network_unreachable, std::errc::network_down, std::errc::operation_not_permitted,
        std::errc::permission_denied, std::errc::resource_unavailable_try_again}) {
    if (error == local) return true;
  }
  return false;
}

}  // namespace hearth::http
