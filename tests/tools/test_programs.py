"""The built programs: what an agent brings to every node, and what a manager leaves on its disk."""

import os
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.lab.harness.observing import http_request
from tests.lab.harness.waiting import wait_for
from tools.dev import build

# Symbols of a program that links these.
SQL = ("sqlite3_open", "SqliteStore")
CLI = ("hearth::cli::",)


def symbols(name: str) -> str:
    """The symbols of the program, and the libraries that it loads."""
    program = build.program(name)
    listed = subprocess.run(["nm", "--demangle", program], text=True, capture_output=True, check=True).stdout
    needed = subprocess.run(["readelf", "--dynamic", program], text=True, capture_output=True, check=True).stdout
    return listed + needed


def found_in(name: str, words: tuple[str, ...]) -> list[str]:
    text = symbols(name)
    return [word for word in words if word in text]


def test_the_agent_links_neither_sql_nor_the_command_line() -> None:
    assert found_in("hearth-agent", (*SQL, *CLI, "libsqlite3")) == []


@pytest.mark.parametrize("program, words", [("hearthd", SQL), ("hearthd", ("libsqlite3",)), ("hearth", CLI)])
def test_the_check_finds_the_symbols_in_programs_that_have_them(program: str, words: tuple[str, ...]) -> None:
    assert found_in(program, words) == list(words)


@pytest.fixture
def umask_of_nothing():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask_of_nothing")
def test_a_manager_makes_its_token_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    made = [token_of_a_start(state), token_of_a_start(state)]
    assert made[0] == made[1] and len(made[0]) >= 32


def token_of_a_start(state: Path) -> str:
    """Starts a manager, reads its token once the manager accepts it, and ends the manager."""
    command = [build.program("hearthd"), "--state", state, "--kafka", "embedded", "--listen", "0.0.0.0:0"]
    log = state.with_suffix(".log")
    with open(log, "w+b") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        try:
            port = int(wait_for("it listens", lambda: re.search(r"API at http://[^:]+:(\d+)", log.read_text()), bool, 20).group(1))
            token = state / "token"
            status = wait_for("it answers", lambda: ask(port, None), bool, 20)
            assert (status, ask(port, "0" * 64), ask(port, token.read_text().strip())) == (401, 401, 200)
            assert stat.S_IMODE(token.stat().st_mode) == 0o600 and token.stat().st_uid == os.geteuid()
            assert token.read_text().strip() not in log.read_text()
            return token.read_text().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, log.read_text()


def ask(port: int, token: str | None) -> int:
    return http_request("127.0.0.1", port, "GET", "/v1/status", None, token, 5)[0]
