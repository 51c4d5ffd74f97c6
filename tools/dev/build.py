"""Configuring and compiling, with the presets of CMakePresets.json."""

import argparse
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.dev import setup
from tools.dev.paths import BUILD, ROOT
from tools.dev.processes import run
from tools.dev.terminal import Failure, say, timed
from tools.dev.verbs import Verb

PRESETS_FILE = ROOT / "CMakePresets.json"
DEFAULT_PRESET = "dev"
# The installed programs, which the lab and the benchmarks also need.
PROGRAMS = ("hearth", "hearthd", "hearth-agent")


def presets() -> list[str]:
    listed = json.loads(PRESETS_FILE.read_text())["configurePresets"]
    return [preset["name"] for preset in listed if not preset.get("hidden")]


def folder(preset: str = DEFAULT_PRESET) -> Path:
    return BUILD / preset


def program(name: str, preset: str = DEFAULT_PRESET) -> Path:
    """The path of a built executable."""
    return folder(preset) / "bin" / name


def configure(preset: str = DEFAULT_PRESET) -> None:
    """Runs cmake if there is no build yet or the presets changed; ninja handles all other changes."""
    setup.ensure("build")
    stamp = folder(preset) / "presets.sha256"
    now = hashlib.sha256(PRESETS_FILE.read_bytes()).hexdigest()
    if (folder(preset) / "build.ninja").exists() and stamp.exists() and stamp.read_text() == now:
        return
    with timed(f"configuring ({preset})"):
        run(["cmake", "--preset", preset], "configuring")
    stamp.write_text(now)


def build(targets: Sequence[str] = (), preset: str = DEFAULT_PRESET, jobs: int | None = None) -> None:
    with _one_at_a_time(preset):
        configure(preset)
        with timed(f"building {' '.join(targets) or 'all'} ({preset})"):
            run(["ninja", "-C", folder(preset), f"-j{jobs or setup.jobs()}", *targets], "the build",
                env={"NINJA_STATUS": "[%f/%t %es] ", **os.environ})


@contextmanager
def _one_at_a_time(preset: str) -> Iterator[None]:
    """Serialises verbs: two ninjas in one folder would corrupt each other's work."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f"{preset}.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"   waiting for another build of '{preset}'")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(args: argparse.Namespace) -> int:
    if args.preset not in presets():
        raise Failure(f"there is no preset '{args.preset}'; choose one of: {', '.join(presets())}", code=2)
    build(args.target, args.preset, args.jobs)
    return 0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", nargs="*", metavar="TARGET", help="what to build (default: everything)")
    parser.add_argument("--preset", default=DEFAULT_PRESET, help=f"{', '.join(presets())} (default: {DEFAULT_PRESET})")
    parser.add_argument("-j", "--jobs", type=int, help="number of parallel compilers (default: one per core)")


VERBS = [
    Verb("build", "Configure and compile.",
         ["./dev build                        everything",
          "./dev build hearth                 one program",
          "./dev build pages                  man pages and completions, in build/dev/share",
          "./dev build hearth_base_test       one test",
          "./dev build --preset asan          with address and undefined-behaviour checks"], _build, _arguments),
]
