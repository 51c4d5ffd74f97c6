"""hearth dev fence, as hearthd runs it: options on standard input, the answer in its exit code."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.dev import build

OFF = "action=off\nport=node-2\n"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The folder of a dev cluster."""
    (tmp_path / "dev.json").write_text(json.dumps({
        "cluster": "0123abcd", "manager_address": "127.0.0.1", "manager_port": 7700, "power_socket": str(tmp_path / "power.sock"),
        "docker_socket": "/var/run/docker.sock", "nodes": ["node-1", "node-2"]}))
    return tmp_path


@pytest.fixture
def switch(state: Path) -> Iterator["Switch"]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(state / "power.sock"))
        listener.listen()
        listener.settimeout(20)
        yield Switch(listener)


class Switch:
    """Stands in for hearth dev for one question."""

    def __init__(self, listener: socket.socket):
        self._listener = listener
        self.asked = ""

    def answers(self, line: str) -> threading.Thread:
        def serve() -> None:
            peer, _ = self._listener.accept()
            with peer:
                while not self.asked.endswith("\n\n"):
                    self.asked += peer.recv(4096).decode()
                peer.sendall(line.encode())
        thread = threading.Thread(target=serve)
        thread.start()
        return thread


def fence(state: Path, options: str) -> "subprocess.CompletedProcess[str]":
    """Runs it in the environment that hearthd gives a power program: almost none."""
    return subprocess.run([build.program("hearth"), "dev", "fence", "--state", state], input=options, text=True, capture_output=True,
                          cwd="/", env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, timeout=30)


@pytest.mark.parametrize("action, answer, code", [
    ("off", "0 off", 0), ("on", "0 on", 0), ("status", "0 on", 0), ("status", "2 off", 2)])
def test_the_answer_is_the_exit_code(action: str, answer: str, code: int, state: Path, switch: Switch) -> None:
    thread = switch.answers(answer + "\n")
    done = fence(state, f"action={action}\nport=node-2\n")
    thread.join()
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
    assert switch.asked == f"action={action}\nport=node-2\n\n"


def test_unknown_options_are_ignored(state: Path, switch: Switch) -> None:
    thread = switch.answers("0 off\n")
    done = fence(state, "verbose=1\nport=node-2\n\n# a comment\naction=off\nport=node-1\n")
    thread.join()
    assert done.returncode == 0 and switch.asked == "action=off\nport=node-1\n\n"


# Exit code 2 would mean that the node is off, and its work would be started elsewhere.
@pytest.mark.parametrize("options, answer, words", [
    (OFF, "1 'node-2' is already being switched", "'node-2' is already being switched"),
    (OFF, "nonsense", "not an answer of a power switch: 'nonsense'"),
    (OFF, "2 maybe", "not an answer of a power switch: '2 maybe'"),
    (OFF, "", "not an answer of a power switch: ''"),
    (OFF, None, "is 'hearth dev' running?"),
    ("action=reboot\nport=node-2\n", None, "action: must be one of: off, on, status"),
    ("action=off\n", None, "port: a name must not be empty"),
    ("", None, "action: must be one of"),
    ("x" * 5000, None, "standard input is too long"),
])
def test_every_error_is_reported_and_never_means_that_the_node_is_off(
        options: str, answer: str | None, words: str, state: Path, request: pytest.FixtureRequest) -> None:
    thread = request.getfixturevalue("switch").answers(answer + "\n" if answer else "") if answer is not None else None
    done = fence(state, options)
    if thread:
        thread.join()
    assert done.returncode == 1 and words in done.stderr


def test_without_a_dev_cluster_it_says_so(tmp_path: Path) -> None:
    done = fence(tmp_path, OFF)
    assert done.returncode == 1 and "there is no dev cluster in" in done.stderr
