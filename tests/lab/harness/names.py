"""Names, folder and addresses of a lab, so that no two labs collide.

A lab belongs to a checkout and has a name there. Everything it makes outside its folder (containers,
a network) has both in its name and in a label; its subnet is the first free one in an order derived
from them. Its folder is build/lab/<name>.
"""

import hashlib
import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path

from tools.dev.paths import BUILD, checkout_key
from tools.dev.terminal import Failure

LABS = BUILD / "lab"
LABEL = "hearth.lab"  # value: <checkout key>/<lab name>
NODES_MAX = 40


@dataclass(frozen=True)
class LabNames:
    name: str

    def __post_init__(self):
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,20}", self.name):
            raise Failure(f"the name of a lab must match [a-z0-9][a-z0-9-]*, at most 21 characters, not '{self.name}'")

    @property
    def folder(self) -> Path:
        return LABS / self.name

    @property
    def label(self) -> str:
        return f"{checkout_key()}/{self.name}"

    @property
    def prefix(self) -> str:
        return f"hearth-lab-{checkout_key()}-{self.name}-"

    @property
    def network(self) -> str:
        return self.prefix + "net"

    def container(self, part: str) -> str:
        return self.prefix + part

    def subnets(self):
        """All candidates, the lab's own first, without those that a route of this machine covers."""
        first = int(hashlib.sha256(self.label.encode()).hexdigest()[:6], 16)
        taken = routed_networks()
        for step in range(60 * 256):
            number = (first + step) % (60 * 256)
            subnet = ipaddress.ip_network(f"10.{192 + number // 256}.{number % 256}.0/24")
            if not any(subnet.overlaps(other) for other in taken):
                yield subnet


def address_of(part: str, subnet: ipaddress.IPv4Network) -> str:
    """.1 is the machine itself, .2 the broker, .3 the manager, .11 and up the nodes."""
    if part == "broker":
        return str(subnet[2])
    if part == "manager":
        return str(subnet[3])
    return str(subnet[10 + int(part.removeprefix("node"))])


def node_names(count: int) -> list[str]:
    if not 1 <= count <= NODES_MAX:
        raise Failure(f"a lab has 1 to {NODES_MAX} nodes, not {count}")
    return [f"node{i}" for i in range(1, count + 1)]


def routed_networks() -> list[ipaddress.IPv4Network]:
    networks = []
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        fields = line.split()
        destination, mask = (int.from_bytes(bytes.fromhex(fields[i])[::-1], "big") for i in (1, 7))
        if mask:
            networks.append(ipaddress.ip_network((destination, mask.bit_count())))
    return networks


@dataclass(frozen=True)
class Owner:
    """The process that a lab must not outlive. Its start time rules out a recycled pid."""

    pid: int
    started: str

    @classmethod
    def this_process(cls) -> "Owner":
        return cls(os.getpid(), _start_of(os.getpid()) or "")

    def lives(self) -> bool:
        return _start_of(self.pid) == self.started


def _start_of(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None
