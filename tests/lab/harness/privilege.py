"""Running as root, and ending cleanly on a signal, for every program around a lab."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tools.dev.paths import BUILD
from tools.dev.processes import as_root_with, hand_back, status_of, which
from tools.dev.terminal import Failure


def again_as_root(module: str, argv: Sequence[str]) -> int:
    """Runs the module's main with sudo. Returns its exit code."""
    if not which("sudo"):
        raise Failure("the lab makes networks and containers, which requires root: run it as root, or install sudo")
    passed_on = {name: os.environ[name] for name in ("PATH", "HEARTH_ENGINE", "HEARTH_BIN", "DOCKER_HOST") if name in os.environ}
    try:
        return status_of(as_root_with(passed_on, [sys.executable, "-m", module, *argv]))
    finally:
        hand_back(BUILD / "bench", BUILD / "reports")


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Inside, SIGTERM acts like Ctrl-C: what came up is taken down."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
