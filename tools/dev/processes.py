"""Starting other programs, as root if needed, ending them with us, and reporting why one failed."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO

from tools.dev.paths import ROOT
from tools.dev.terminal import Failure

Argv = Sequence[str | Path]

# The PATH of an ordinary user lacks the folders where Debian installs dockerd and iptables.
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
# How long an interrupted program may clean up (a lab takes its servers down) before it is killed.
GRACE_S = 60


def which(program: str) -> str | None:
    return shutil.which(program, path=SYSTEM_PATH)


def as_root(argv: Argv) -> list[str]:
    """`argv`, run by root: unchanged for root, through sudo for other users."""
    command = [str(part) for part in argv]
    if os.geteuid() == 0:
        return command
    if not which("sudo"):
        raise Failure(f"root is required for: {shlex.join(command)}; run it as root, or install sudo")
    return ["sudo", *command]


def as_root_with(env: Mapping[str, str], argv: Argv) -> list[str]:
    """The same, with these variables, which sudo would not pass on. Keeps Python from writing compiled files owned by root."""
    passed = {**env, "PYTHONDONTWRITEBYTECODE": "1"}
    return as_root(["env", *(f"{name}={value}" for name, value in passed.items()), *argv])


def hand_back(*folders: Path) -> None:
    """Gives files that root made there for us to our user."""
    there = [folder for folder in folders if folder.exists()]
    if os.geteuid() != 0 and there:
        subprocess.run(as_root(["chown", "-R", f"{os.geteuid()}:{os.getegid()}", *there]), check=False)


def children_of(parents: Collection[int]) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) in parents:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def send_signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Reaches a program that root runs for us, too: sudo does not pass on signals from its own process group."""
    try:
        process.send_signal(number)
    except PermissionError:
        pids = [process.pid]
        while any(name_of(pid) == "sudo" for pid in pids):
            below = children_of(pids)
            if not below:
                break
            pids = below
        subprocess.run(as_root(["kill", f"-{int(number)}", *map(str, pids)]), stderr=subprocess.DEVNULL, check=False)


def _in_foreground() -> bool:
    """Whether a Ctrl-C at the terminal also reaches our children."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def status_of(argv: Argv, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> int:
    """Runs the program with our terminal; returns its exit code (128 + n for a signal n).

    If we are interrupted or asked to end, so is the program, which has GRACE_S to clean up.
    """
    return statuses_of([argv], env, cwd)[0]


def statuses_of(argvs: Sequence[Argv], env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> list[int]:
    """Runs the programs at once, each as status_of() does; returns their exit codes in the order of the programs.

    The first has our terminal. What another one prints appears after it and those before it have ended.
    """
    processes: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as files:
        printed = [None, *(files.enter_context(tempfile.TemporaryFile()) for _ in argvs[1:])]
        try:
            for argv, output in zip(argvs, printed):
                processes.append(subprocess.Popen([str(part) for part in argv], env=env, cwd=cwd, stdout=output, stderr=output))
            for process in processes:
                process.wait()
                _pass_on(printed.pop(0))
        except BaseException as reason:
            _end(processes, reason)
            for output in printed:
                _pass_on(output)
            raise
    return [128 - process.returncode if process.returncode < 0 else process.returncode for process in processes]


def _pass_on(output: IO[bytes] | None) -> None:
    if output:
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()


def _end(processes: Sequence["subprocess.Popen[bytes]"], reason: BaseException) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The programs handle a second Ctrl-C.
    interrupted = isinstance(reason, KeyboardInterrupt)
    if not (interrupted and _in_foreground()):
        for process in processes:
            send_signal(process, signal.SIGINT if interrupted else signal.SIGTERM)
    until = time.monotonic() + GRACE_S
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            send_signal(process, signal.SIGKILL)


def run(argv: Argv, why: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Runs the program with our terminal; a failure names the step and the command."""
    try:
        code = status_of(argv, env, cwd)
    except FileNotFoundError as missing:
        raise Failure(f"{why}: program '{missing.filename}' is missing; try ./dev setup") from None
    if code != 0:
        raise Failure(f"{why} failed (exit {code}): {shlex.join(str(part) for part in argv)}")


def output_of(argv: Argv, cwd: Path = ROOT) -> str:
    """The output of the program; empty if it is missing or fails."""
    try:
        done = subprocess.run([str(part) for part in argv], cwd=cwd, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
