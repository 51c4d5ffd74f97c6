"""Who gets a signal, and who waits for whom, when ./dev has started another program."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.dev import build, hand_over, main
from tools.dev.paths import ROOT

# The program that was started: says when it is up, and tidies up for a moment when asked to end.
PROGRAM = """
import signal, sys, time
def end(number, _):
    time.sleep(0.3)
    print('tidied after', number, flush=True)
    sys.exit(5)
signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
time.sleep(30)
"""

FOLLOW = """
import sys
sys.path.insert(0, sys.argv[1])
from tools.dev.hand_over import follow
code = follow([sys.executable, '-c', sys.argv[2]], {})
print('and then the engine stops', flush=True)
sys.exit(code)
"""

STATUS_OF = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from tools.dev.processes import status_of
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
try:
    status_of([sys.executable, '-c', sys.argv[2]], {})
finally:
    print('and then the engine stops', flush=True)
"""


def start(script: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", script, ROOT, PROGRAM], text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
                               # A shell that runs the tests in its background has it ignored.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stdout and process.stdout.readline() == "up\n"
    time.sleep(0.1)  # From here on its parent waits for it.
    return process


def outcome(process: "subprocess.Popen[str]") -> tuple[str, int]:
    said, _ = process.communicate(timeout=10)
    return said, process.returncode


def test_a_ctrl_c_is_the_followed_programs_to_answer() -> None:
    process = start(FOLLOW)
    os.killpg(process.pid, signal.SIGINT)  # As the terminal does it.
    assert outcome(process) == ("tidied after 2\nand then the engine stops\n", 5)


def test_being_asked_to_end_is_passed_on() -> None:
    process = start(FOLLOW)
    process.terminate()
    assert outcome(process) == ("tidied after 15\nand then the engine stops\n", 5)


def test_the_paths_that_a_followed_program_is_given_start_where_the_user_stands(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FOLLOW, ROOT, "import os; print(os.getcwd(), flush=True)"], text=True,
                          stdout=subprocess.PIPE, cwd=tmp_path, timeout=30)
    assert done.stdout.splitlines()[0] == str(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_program_may_tidy_up(number: signal.Signals) -> None:
    process = start(STATUS_OF)
    process.send_signal(number)
    said, code = outcome(process)
    assert said == f"tidied after {int(number)}\nand then the engine stops\n" and code != 0


# Goal: what a newcomer waits for is what the tour needs. Method: the real verbs, with all that they would do noted.
@pytest.mark.parametrize("line, targets", [
    (["run", "--exit"], ["hearth", "hearthd", "hearth-agent", "example_heater_control"]),
    (["lab", "up"], ["hearth", "hearthd", "hearth-agent"]),
    (["lab", "up", "--bare"], None),
    (["bench", "recovery"], ["hearth", "hearthd", "hearth-agent"]),
])
def test_a_verb_builds_what_it_needs_and_no_more(line: list[str], targets: list[str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[list[str]] = []
    monkeypatch.setattr(build, "build", lambda targets=(): built.append(list(targets)))
    monkeypatch.setattr(hand_over.setup, "ensure", lambda *_: None)
    monkeypatch.setattr(hand_over, "fetch", lambda: None)
    monkeypatch.setattr(hand_over, "ensure_engine", lambda: contextlib.nullcontext(SimpleNamespace(docker_host="unix:///nowhere")))
    monkeypatch.setattr(hand_over, "follow", lambda *_: 0)
    monkeypatch.setattr(hand_over, "_call", lambda *_: 0)
    assert main.main(line) == 0
    assert built == ([] if targets is None else [targets])


def test_the_tour_needs_no_test_and_no_header_that_only_tests_share() -> None:
    reported = subprocess.run(["ninja", "-C", build.folder(), "-t", "commands", *build.PROGRAMS, "example_heater_control"], text=True,
                          capture_output=True, check=True, timeout=60).stdout
    assert "hearthd.cc.o" in reported
    assert [line for line in reported.splitlines() if "_test.cc" in line or "gmock" in line or "gtest" in line] == []
