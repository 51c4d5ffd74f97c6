"""Being root, and being ended politely: what every program around a lab needs."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tools.dev.paths import ROOT
from tools.dev.processes import which
from tools.dev.terminal import Failure


def again_as_root(module: str, argv: Sequence[str]) -> int:
    """Runs the module's main by sudo. Its exit code."""
    if not which("sudo"):
        raise Failure("the lab makes networks and containers: run it as root, or install sudo")
    command = ["sudo", "--preserve-env=PATH,HEARTH_ENGINE,HEARTH_BIN,DOCKER_HOST", sys.executable, "-m", module, *argv]
    return subprocess.call(command, cwd=ROOT)


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Inside, SIGTERM is a Ctrl-C: what came up is taken down."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
