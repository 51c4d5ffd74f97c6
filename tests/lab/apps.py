"""Build contexts for the tests' applications: from nothing, around a static busybox."""

import shutil
from pathlib import Path

from tools.dev.processes import which
from tools.dev.terminal import Failure


def busybox_app(folder: Path, command: str, *, before_entry: str = "") -> Path:
    """A Dockerfile whose container runs `command` in busybox's shell, as process 1."""
    busybox = which("busybox")
    if not busybox:
        raise Failure("busybox-static is missing: run ./dev setup")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(busybox, folder / "busybox")
    escaped = command.replace("\\", "\\\\").replace('"', '\\"')
    (folder / "Dockerfile").write_text(
        f'FROM scratch\nCOPY busybox /bin/busybox\n{before_entry}\nENTRYPOINT ["/bin/busybox", "sh", "-c", "{escaped}"]\n')
    return folder


def ticker(folder: Path, word: str = "tick") -> Path:
    """Says its word ten times a second, and ends at once when asked to."""
    loop = f"trap 'exit 0' TERM; i=0; while :; do echo {word} $((i+=1)); /bin/busybox sleep 0.1 & wait; done"
    return busybox_app(folder, loop)
