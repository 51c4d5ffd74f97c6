"""Processes inside the lab's parts, as the machine sees them.

Signals are sent from outside, to the machine's pid of a process: no program is started in a part to send
them, so their moment is exact, and they reach a frozen part too.
"""

import os
from pathlib import Path


def _parents() -> dict[int, int]:
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    return parents


def below(root: int) -> list[int]:
    """Every process of the tree under `root`."""
    parents = _parents()
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found, todo = [], [root]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def machine_pid(part_init: int, pid_in_part: int) -> int | None:
    """The machine's pid of process `pid_in_part` in the part whose process 1 is `part_init`."""
    for pid in below(part_init):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        ns_pids = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
        if len(ns_pids) > 1 and int(ns_pids[1]) == pid_in_part:
            return pid
    return None


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return False
