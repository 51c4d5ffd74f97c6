#include "core/holdings/holdings.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

Holdings port(std::string address, std::uint16_t number = 80,
              TransportProtocol protocol = TransportProtocol::kTcp) {
  return holdings_of({.ports = {{.host_port = number,
                                 .container_port = 8080,
                                 .protocol = protocol,
                                 .host_address = std::move(address)}}});
}

Holdings device(std::string path) {
  return holdings_of({.devices = {{.host_path = std::move(path), .container_path = "/dev/tty"}}});
}

TEST(Holdings, ADeviceHasOneHolder) {
  EXPECT_EQ(overlap(device("/dev/ttyUSB0"), device("/dev/ttyUSB0")), "/dev/ttyUSB0");
  EXPECT_EQ(overlap(device("/dev/ttyUSB0"), device("/dev/ttyUSB1")), "");
}

TEST(Holdings, APortHasOneHolderOnEachAddressAndProtocol) {
  EXPECT_EQ(overlap(port(""), port("")), "port 80/tcp");
  EXPECT_EQ(overlap(port("10.0.0.1"), port("10.0.0.1")), "port 80/tcp");
  EXPECT_EQ(overlap(port("10.0.0.1"), port("10.0.0.2")), "");
  EXPECT_EQ(overlap(port(""), port("", 81)), "");
  EXPECT_EQ(overlap(port(""), port("", 80, TransportProtocol::kUdp)), "");
}

TEST(Holdings, APortOnEveryAddressIsOnEachOfThem) {
  for (const char* every : {"", "0.0.0.0", "::"}) {
    EXPECT_EQ(overlap(port("10.0.0.1"), port(every)), "port 80/tcp") << every;
    EXPECT_EQ(overlap(port(every), port("10.0.0.1")), "port 80/tcp") << every;
  }
}

TEST(Holdings, TheNetworkOfTheNodeDeclaresNoPort) {
  EXPECT_TRUE(holdings_of({.network = NetworkMode::kHost,
                           .ports = {{.host_port = 80, .container_port = 80}}})
                  .empty());
}

}  // namespace
}  // namespace hearth::core
