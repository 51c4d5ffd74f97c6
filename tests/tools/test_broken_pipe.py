"""The programs once nothing reads their output: `| head`, `| tee` at a Ctrl-C, a log collector that died."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.dev import build
from tools.dev.paths import ROOT


def unread_pipe() -> int:
    """The writing end of a pipe without a reader."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def run_unread(command: Sequence[str | Path], **how) -> "subprocess.CompletedProcess[bytes]":
    out = unread_pipe()
    try:
        return subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=30, **how)
    finally:
        os.close(out)


# Python ignores SIGPIPE: a program that inherits this must behave in the same way.
@pytest.mark.parametrize("inherited", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_command_without_a_reader_ends_quietly(inherited: signal.Handlers) -> None:
    done = run_unread([build.program("hearth"), "version"], restore_signals=inherited is signal.SIG_DFL)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def catches(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.parametrize("name", ["hearthd", "hearth-agent"])
def test_a_daemon_without_a_reader_of_its_log_continues(name: str, tmp_path: Path) -> None:
    command = [build.program(name), "--listen", "127.0.0.1:0", "--state", tmp_path]
    if name == "hearth-agent":
        command += ["--node", "node-1", "--manager", "http://127.0.0.1:1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as daemon:
        try:
            deadline = time.monotonic() + 20
            while not catches(daemon.pid, signal.SIGTERM):
                assert daemon.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
            assert daemon.stderr
            daemon.stderr.close()
            daemon.send_signal(signal.SIGTERM)  # It logs this, without a reader.
            assert daemon.wait(20) == 0
        finally:
            daemon.kill()


def test_dev_ends_quietly_too() -> None:
    done = run_unread([ROOT / "dev", "help"])
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")
