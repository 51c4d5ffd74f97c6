"""A broker's configuration: its listeners, and settings for a single node that is small and starts quickly."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NODE_ID = 1


@dataclass(frozen=True)
class Listener:
    """Where clients connect. A client receives the advertised address of the listener it connected to."""

    name: str  # [A-Z]+, unique.
    bind: str  # "0.0.0.0": all addresses.
    port: int
    advertised: str = ""  # The host given to clients; empty: `bind`.

    @property
    def protocol(self) -> str:
        return f"{self.name}:PLAINTEXT"

    @property
    def bound(self) -> str:
        return f"{self.name}://{self.bind}:{self.port}"

    @property
    def reported(self) -> str:
        return f"{self.name}://{self.advertised or self.bind}:{self.port}"


def server_properties(data: str | Path, listeners: Sequence[Listener], controller_port: int) -> str:
    """The text of server.properties. `data` and the ports are as the broker sees them."""
    controller = Listener("CONTROLLER", "127.0.0.1", controller_port)
    settings = {
        "process.roles": "broker,controller",
        "node.id": NODE_ID,
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "controller.listener.names": controller.name,
        "listeners": ",".join(listener.bound for listener in (*listeners, controller)),
        "advertised.listeners": ",".join(listener.reported for listener in listeners),
        "inter.broker.listener.name": listeners[0].name,
        "listener.security.protocol.map": ",".join(listener.protocol for listener in (*listeners, controller)),
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        # A killed broker that restarts must wait until its earlier incarnation is declared dead.
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 500,
        # Each log reserves its index files in full: thousands of topics would take gigabytes (sparse).
        "log.index.size.max.bytes": 1 << 20,
        "log.cleaner.dedupe.buffer.size": 8 << 20,
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())
