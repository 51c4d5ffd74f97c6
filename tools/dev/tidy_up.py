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
    """Everything that runs from or in build/, and how to end it: removing the folder would remove the means to end it."""
    found = [f"lab '{record.parent.name}' ({_lab_down(record.parent.name)})" for record in sorted(build.glob("lab/*/lab.json"))]
    broker = Broker(build / "kafka" / "broker")
    if broker.pid():
        found.append(f"Kafka at {broker.address()} (./dev kafka down)")
    found += [f"a build of '{lock.stem}' (wait for it)" for lock in sorted(build.glob("*.lock")) if _is_held(lock)]
    programs = [(name, pid) for name, pid in _programs(build) if pid != broker.pid()]
    if any(name == "hearth" for name, _ in programs):  # They end with hearth.
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
        pass  # Owned by root; a build by root is found by its compiler among the programs.
    return False


def _programs(build: Path) -> Iterator[tuple[str, int]]:
    """Programs that were built here, and brokers whose data is here, of any user."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            arguments = _arguments(process)
            if Path(arguments[0]).is_relative_to(build):
                yield Path(arguments[0]).name, int(process.name)
            elif "kafka.Kafka" in arguments and Path(arguments[-1]).is_relative_to(build):
                yield "a test's Kafka", int(process.name)


def _arguments(process: Path) -> list[str]:
    """The command line, beginning with the program's path; for another user's process, with the command it was started by."""
    arguments = [""]
    try:
        arguments = (process / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        arguments[0] = os.readlink(process / "exe").removesuffix(" (deleted)")
    except PermissionError:
        return arguments
    except OSError:
        return [""]  # It has ended, or is a kernel thread.
    return arguments


def _is_anothers(path: Path) -> bool:
    try:
        return path.lstat().st_uid != os.geteuid()
    except OSError:
        return False


def _clean(_: argparse.Namespace) -> int:
    if busy := in_use():
        raise Failure(f"nothing was removed, because build/ is in use by: {'; '.join(busy)}")
    if not OwnEngine().stop_unless_used():
        raise Failure("nothing was removed, because the engine in build/engine is in use (by a running test?)")
    if BUILD.exists():
        remove = ["rm", "-rf", "--one-file-system", BUILD]
        # Images and containers belong to root, as do files that root left.
        if any(map(_is_anothers, [BUILD, *BUILD.rglob("*")])):
            remove = as_root(remove)
        done = subprocess.run(remove, text=True, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Failure(f"not all of build/ could be removed: {done.stderr.strip().splitlines()[-1]}")
    say("removed build/")
    return 0


VERBS = [Verb("clean", "Remove build/: binaries, data of ./dev run, the engine's images. Refuses while it is in use.", ["./dev clean"], _clean)]
