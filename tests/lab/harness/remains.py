"""What outlives the process that made a lab: its record and its lock, and how all of it is removed.

A lab's record is build/lab/<name>/lab.json. A lab with an owner must not outlive that process: the next
process that brings a lab up or down removes such remains, whatever state they are in.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.lab.harness.docker_api import Engine, EngineError
from tests.lab.harness.names import LABEL, LABS, LabNames, Owner
from tools.dev.engine import OwnEngine, ensure_engine
from tools.dev.paths import checkout_key


def write_record(names: LabNames, config: dict, *, state: str, owner: Owner | None, subnet: str = "", engine: Path = Path()) -> None:
    names.folder.mkdir(parents=True, exist_ok=True)
    reported = {"state": state, "subnet": subnet, "engine": str(engine), "owner": asdict(owner) if owner else None, "config": config}
    fresh = names.folder / "lab.json.new"
    fresh.write_text(json.dumps(reported, indent=2))
    fresh.rename(names.folder / "lab.json")


def read_record(names: LabNames) -> dict | None:
    try:
        return json.loads((names.folder / "lab.json").read_text())
    except (OSError, ValueError):
        return None


@contextmanager
def changing(names: LabNames, *, wait: bool = True) -> Iterator[None]:
    """One process at a time brings a lab up or down. The kernel releases the lock of a killed process."""
    LABS.mkdir(parents=True, exist_ok=True)
    path = LABS / f"{names.name}.lock"
    while True:
        with open(path, "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if not path.exists() or not os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                continue  # The previous holder took the lab down, and this file with it.
            try:
                yield
            finally:
                if not names.folder.exists():
                    path.unlink(missing_ok=True)
            return


@contextmanager
def undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not stop the cleanup."""
    try:
        old = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # Not the main thread: it gets no signals.
        old = {}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextmanager
def deferred() -> Iterator[None]:
    """An interruption takes effect at the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_down(names: LabNames) -> None:
    """Removes everything of a lab, whatever state it is in. Can be repeated."""
    with changing(names), undisturbed():
        take_down_locked(names)


def take_down_locked(names: LabNames) -> None:
    """The same for a caller that is already `changing` the lab."""
    with ensure_engine(lambda _: None) as outer:
        _remove_from_engine(Engine(outer.socket), {"label": [f"{LABEL}={names.label}"]})
        _remove_tree(names.folder)
        outer.forget(names.prefix + "lab")


def collect_abandoned(say: Callable[[str], None], held: LabNames | None = None) -> None:
    """Takes down labs of this checkout whose processes ended. `held`: the lab that the caller is changing."""
    for folder in sorted(path for path in LABS.glob("*") if path.is_dir()):
        names = LabNames(folder.name)
        if names == held:
            _collect(names, say)
            continue
        try:
            with changing(names, wait=False):
                _collect(names, say)
        except BlockingIOError:
            continue  # Another process is changing it.
    _collect_without_folder()


def _collect(names: LabNames, say: Callable[[str], None]) -> None:
    if _is_abandoned(names):
        say(f"   taking down lab '{names.name}', left over from a run that ended")
        take_down_locked(names)


def _is_abandoned(names: LabNames) -> bool:
    reported = read_record(names)
    if reported is None:
        return True
    if reported["owner"] is not None:
        return not Owner(**reported["owner"]).lives()
    engine = Engine(reported["engine"])  # A lab that stays up, unless the machine or its engine went down.
    return not engine.is_ready() or not engine.containers(everything=False, label=[f"{LABEL}={names.label}"])


def _collect_without_folder() -> None:
    """Removes containers and networks of labs whose folder was deleted."""
    own = OwnEngine()
    for socket in (Path("/var/run/docker.sock"), own.socket):
        engine = Engine(socket)
        if not socket.exists() or not engine.is_ready():
            continue
        labels = {reported["Labels"][LABEL] for reported in engine.containers(label=[LABEL])}
        labels |= {reported["Labels"][LABEL] for reported in engine.call("GET", "/networks", filters={"label": [LABEL]})}
        for label in labels:
            key, name = label.split("/")
            if key == checkout_key() and not (LABS / name / "lab.json").exists():
                _remove_from_engine(engine, {"label": [f"{LABEL}={label}"]})


def _remove_from_engine(engine: Engine, filters: dict[str, list[str]]) -> None:
    left = engine.containers(**filters)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda reported: _remove_container(engine, reported), left))
    for network in engine.call("GET", "/networks", filters=filters) or []:
        engine.call("DELETE", f"/networks/{network['Id']}")
    for image in engine.call("GET", "/images/json", filters={"reference": ["hearth-lab-base"]}) or []:
        try:
            engine.call("DELETE", f"/images/{image['Id']}")
        except EngineError as used:
            if used.status not in (404, 409):  # Another lab's containers use it.
                raise


def _remove_container(engine: Engine, reported: dict) -> None:
    if reported["State"] == "paused":  # A frozen process does not die.
        engine.call("POST", f"/containers/{reported['Id']}/unpause")
    engine.remove(reported["Id"])


def _remove_tree(folder: Path) -> None:
    mounts = [line.split()[4].encode().decode("unicode_escape") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), key=len, reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)
    for _ in range(10):  # The last writers may still be dying.
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.2)
    shutil.rmtree(folder)
