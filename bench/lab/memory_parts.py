"""Where the memory of a process is: its mappings (/proc/PID/smaps), by what they hold."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPENSSL = ("libssl.", "libcrypto.")
COROUTINE_STACK_KIB, THREAD_STACK_KIB = 256, 1024  # At least; a mapping can hold a neighbour, too.

CODE, CONSTANTS, RDKAFKA, TLS, LIBRARIES = "the agent's code", "the agent's constants and tables", "librdkafka", "OpenSSL", "other libraries"
HEAP, THREADS, COROUTINES, REST = "heap", "stacks of threads", "stacks of coroutines", "variables, and the rest"


@dataclass(frozen=True)
class Memory:
    """In KiB of PSS; `own` is what of it the process has changed, and nobody else can share or drop."""

    pss: int = 0
    own: int = 0

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.pss + other.pss, self.own + other.own)

    def __sub__(self, other: "Memory") -> "Memory":
        return Memory(self.pss - other.pss, self.own - other.own)


def memory_parts(pid: int) -> dict[str, Memory]:
    return parts_of(Path(f"/proc/{pid}/smaps").read_text(), Path(f"/proc/{pid}/exe").readlink().name)


def parts_of(smaps: str, program: str) -> dict[str, Memory]:
    parts: dict[str, Memory] = {}
    for name, permissions, figures in _mappings(smaps):
        part = _part_of(name, permissions, figures["Size"], program)
        parts[part] = parts.get(part, Memory()) + Memory(figures["Pss"], figures["Private_Dirty"])
    return parts


def _mappings(smaps: str) -> Iterator[tuple[str, str, Counter]]:
    """The name of each one's file, its permissions and its figures in KiB."""
    for one in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", smaps, flags=re.MULTILINE)[1:]:
        head, *lines = one.splitlines()
        _, permissions, _, _, _, *path = head.split(maxsplit=5)
        figures = Counter({line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")})
        yield Path(path[0]).name if path else "", permissions, figures


def _part_of(name: str, permissions: str, size_kib: int, program: str) -> str:
    if name == program:
        return CODE if "x" in permissions else REST if "w" in permissions else CONSTANTS
    if name.startswith("librdkafka."):
        return RDKAFKA
    if name.startswith(OPENSSL):
        return TLS
    if ".so" in name:
        return LIBRARIES
    if name == "[heap]":
        return HEAP
    if name == "[stack]" or (not name and size_kib >= THREAD_STACK_KIB):
        return THREADS
    return COROUTINES if not name and size_kib >= COROUTINE_STACK_KIB else REST


def table(bare: dict[str, Memory], empty: dict[str, Memory], full: dict[str, Memory], containers: int) -> list[tuple[str, Memory]]:
    """Of an agent with containers. Its heap is divided by what a bare Kafka client, and an agent without containers, have of it."""
    rows = [(part, full.get(part, Memory())) for part in (CODE, CONSTANTS, RDKAFKA, TLS, LIBRARIES)]
    rows += [(f"{HEAP}: librdkafka, OpenSSL (a bare client's)", bare[HEAP]),
             (f"{HEAP}: the agent without containers", empty[HEAP] - bare[HEAP]),
             (f"{HEAP}: {containers} containers", full[HEAP] - empty[HEAP])]
    rows += [(part, full.get(part, Memory())) for part in (THREADS, COROUTINES, REST)]
    return [*rows, ("all", sum((memory for _, memory in rows), Memory()))]


def markdown(rows: list[tuple[str, Memory]]) -> str:
    return "".join(["| where | KiB | of them changed by the process |\n", "|---|---|---|\n",
                    *(f"| {part} | {memory.pss:,} | {memory.own:,} |\n" for part, memory in rows)])
