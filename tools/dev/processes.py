"""Starting other programs: plainly, as root when needed, and telling why one failed."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.dev.paths import ROOT
from tools.dev.terminal import Failure

Argv = Sequence[str | Path]

# A plain user's PATH lacks the folders where Debian keeps dockerd and iptables.
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


def which(program: str) -> str | None:
    return shutil.which(program, path=SYSTEM_PATH)


def as_root(argv: Argv) -> list[str]:
    """`argv`, run by root: as it is for root, through sudo for everybody else."""
    command = [str(part) for part in argv]
    if os.geteuid() == 0:
        return command
    if not which("sudo"):
        raise Failure(f"needs root for: {shlex.join(command)}; run it as root, or install sudo")
    return ["sudo", *command]


def status_of(argv: Argv, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> int:
    """Runs with our terminal; returns the exit code (128 + n for a signal n)."""
    code = subprocess.call([str(part) for part in argv], env=env, cwd=cwd)
    return 128 - code if code < 0 else code


def run(argv: Argv, why: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Runs with our terminal; a failure names what was being done and the command."""
    try:
        code = status_of(argv, env, cwd)
    except FileNotFoundError as missing:
        raise Failure(f"{why}: program '{missing.filename}' is missing; try ./dev setup") from None
    if code != 0:
        raise Failure(f"{why} failed (exit {code}): {shlex.join(str(part) for part in argv)}")


def output_of(argv: Argv, cwd: Path = ROOT) -> str:
    """What the program prints; empty when it is missing or fails."""
    try:
        done = subprocess.run([str(part) for part in argv], cwd=cwd, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
