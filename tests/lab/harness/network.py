"""The network of a lab, and partitions and loss between its parts.

A cut is a pair of DROP rules in the network namespace of *both* ends. A power-cycled node begins with an
empty rule set, but the far ends still drop its packets, so a cut lasts through a reboot without a gap.
Established connections fall silent as with a pulled cable: no reset.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.lab.harness.docker_api import Engine, EngineError
from tests.lab.harness.names import LABEL, LabNames
from tools.dev.processes import which
from tools.dev.terminal import Failure

CHAIN = "LAB"


class Cuts:
    """The pairs that are cut, and the loss of each part: kept in a file, because the next command is another process.

    `pid_of` returns the pid of a part's process 1, None while it has no power.
    """

    def __init__(self, addresses: dict[str, str], pid_of: Callable[[str], int | None], file: Path):
        self._addresses = addresses
        self._pid_of = pid_of
        self._file = file
        reported = json.loads(file.read_text()) if file.exists() else {"cut": [], "loss": {}}
        self._cut: set[frozenset[str]] = {frozenset(pair) for pair in reported["cut"]}
        self._loss: dict[str, float] = reported["loss"]

    def cut(self, part: str, others: list[str]) -> None:
        self._cut |= {frozenset((part, other)) for other in others if other != part}
        self._apply({part, *others})

    def heal(self, part: str | None = None) -> None:
        touched = {end for pair in self._cut for end in pair} | set(self._loss)
        self._cut = {pair for pair in self._cut if part is not None and part not in pair}
        self._loss = {name: share for name, share in self._loss.items() if part is not None and name != part}
        self._apply(touched)

    def lose(self, part: str, share: float) -> None:
        self._loss[part] = share
        self._apply({part})

    def apply_again(self, part: str) -> None:
        """To be called after power on: the part lost its own rules with the power."""
        if any(part in pair for pair in self._cut) or part in self._loss:
            self._apply({part})

    def describe(self) -> list[str]:
        return ([f"{a} | {b}" for a, b in sorted(map(sorted, self._cut))]
                + [f"{part} loses {share:.0%}" for part, share in sorted(self._loss.items())])

    def _apply(self, parts: set[str]) -> None:
        self._file.write_text(json.dumps({"cut": sorted(map(sorted, self._cut)), "loss": self._loss}))
        for part in sorted(parts):
            pid = self._pid_of(part)
            if pid:
                _load(pid, self._rules(part))

    def _rules(self, part: str) -> str:
        peers = sorted(next(iter(pair - {part})) for pair in self._cut if part in pair)
        rules = [f"-A {CHAIN} {way} {self._addresses[peer]} -j DROP" for peer in peers for way in ("-s", "-d")]
        if part in self._loss:
            rules.append(f"-A {CHAIN} ! -i lo -m statistic --mode random --probability {self._loss[part]:.3f} -j DROP")
        return "\n".join(["*filter", f":{CHAIN} - [0:0]", *rules, "COMMIT", ""])


def _load(pid: int, rules: str) -> None:
    """Replaces the chain in one transaction, and hooks it in if necessary."""
    inside = [which("nsenter") or "nsenter", f"--net=/proc/{pid}/ns/net"]
    iptables = which("iptables") or "iptables"
    subprocess.run([*inside, f"{iptables}-restore", "--wait", "5", "--noflush"], input=rules, text=True, check=True,
                   capture_output=True)
    for hook in ("INPUT", "OUTPUT"):
        check = [*inside, iptables, "-w", "-C", hook, "-j", CHAIN]
        if subprocess.run(check, capture_output=True).returncode != 0:
            subprocess.run([*inside, iptables, "-w", "-I", hook, "-j", CHAIN], check=True, capture_output=True)


def make_network(engine: Engine, names: LabNames) -> str:
    """Makes the lab's network, on the first free subnet, which it returns."""
    for subnet in names.subnets():
        try:
            engine.call("POST", "/networks/create", body={
                "Name": names.network, "Internal": True, "CheckDuplicate": True, "Labels": {LABEL: names.label},
                "IPAM": {"Config": [{"Subnet": str(subnet)}]}})
            return str(subnet)
        except EngineError as refused:
            if "overlap" not in str(refused):
                raise
    raise Failure("no free private network for the lab: every 10.192-251.x.0/24 is taken")
