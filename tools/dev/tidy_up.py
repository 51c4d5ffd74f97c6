"""./dev clean."""

import argparse
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.dev.engine import OwnEngine
from tools.dev.paths import BUILD
from tools.dev.processes import as_root
from tools.dev.terminal import Failure, say
from tools.dev.verbs import Verb
from tools.kafka import Broker


def in_use(build: Path = BUILD) -> list[str]:
    """What runs from or in build/, each with how to end it: removing the folder would leave it behind with nothing to end it by."""
    found = [f"lab '{record.parent.name}' ({_lab_down(record.parent.name)})" for record in sorted(build.glob("lab/*/lab.json"))]
    broker = Broker(build / "kafka" / "broker")
    if broker.pid():
        found.append(f"Kafka at {broker.address()} (./dev kafka down)")
    found += [f"a build of '{lock.stem}' (let it end)" for lock in sorted(build.glob("*.lock")) if _is_held(lock)]
    programs = [(name, pid) for name, pid in _programs(build) if pid != broker.pid()]
    if any(name == "hearth" for name, _ in programs):  # They end with it.
        programs = [(name, pid) for name, pid in programs if name not in ("hearthd", "hearth-agent")]
    return found + [f"{name} (pid {pid}{', Ctrl-C in its terminal' if name == 'hearth' else ''})" for name, pid in programs]


def _lab_down(name: str) -> str:
    return "./dev lab down" if name == "default" else f"./dev lab --name {name} down"


def _is_held(lock: Path) -> bool:
    try:
        with open(lock) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except PermissionError:
        pass  # Root's, and where root builds its compiler is among the programs.
    return False


def _programs(build: Path) -> Iterator[tuple[str, int]]:
    """Programs that were built here, and brokers whose data is here, whoever started them."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            arguments = _arguments(process)
            if Path(arguments[0]).is_relative_to(build):
                yield Path(arguments[0]).name, int(process.name)
            elif "kafka.Kafka" in arguments and Path(arguments[-1]).is_relative_to(build):
                yield "a test's Kafka", int(process.name)


def _arguments(process: Path) -> list[str]:
    """The first is the program's path, which for another user's process is what it was started by."""
    arguments = [""]
    try:
        arguments = (process / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        arguments[0] = os.readlink(process / "exe").removesuffix(" (deleted)")
    except PermissionError:
        return arguments
    except OSError:
        return [""]  # It has ended, or is the kernel's.
    return arguments


def _is_anothers(path: Path) -> bool:
    try:
        return path.lstat().st_uid != os.geteuid()
    except OSError:
        return False


def _clean(_: argparse.Namespace) -> int:
    if busy := in_use():
        raise Failure(f"nothing was removed, for this still uses build/: {'; '.join(busy)}")
    if not OwnEngine().stop_unless_used():
        raise Failure("the engine in build/engine is in use (a test that runs?): nothing was removed")
    if BUILD.exists():
        remove = ["rm", "-rf", "--one-file-system", BUILD]
        # Images and containers belong to root, and so does what root left.
        if any(map(_is_anothers, [BUILD, *BUILD.rglob("*")])):
            remove = as_root(remove)
        done = subprocess.run(remove, text=True, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Failure(f"not all of build/ could be removed: {done.stderr.strip().splitlines()[-1]}")
    say("build/ is gone")
    return 0


VERBS = [Verb("clean", "Remove build/: binaries, data of ./dev run, the engine's images. Refuses while something runs there.", ["./dev clean"], _clean)]
