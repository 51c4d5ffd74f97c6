"""Which process gets a signal, and which one waits, when ./dev has started another program."""

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
from tools.dev.processes import statuses_of

# The started program: prints when it is up, and cleans up for a moment when asked to end.
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

STATUSES_OF = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from tools.dev.processes import statuses_of
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
try:
    statuses_of([[sys.executable, '-c', sys.argv[2]] for _ in range(int(sys.argv[3]))], {})
finally:
    print('and then the engine stops', flush=True)
"""


def start(script: str, programs: int = 1) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", script, ROOT, PROGRAM, str(programs)], text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
                               # Tests that a shell runs in the background inherit an ignored SIGINT.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stdout and process.stdout.readline() == "up\n"
    time.sleep(0.1)  # Its parent is then waiting for it.
    return process


def outcome(process: "subprocess.Popen[str]") -> tuple[str, int]:
    said, _ = process.communicate(timeout=10)
    return said, process.returncode


def test_the_followed_program_handles_a_ctrl_c() -> None:
    process = start(FOLLOW)
    os.killpg(process.pid, signal.SIGINT)  # As the terminal does.
    assert outcome(process) == ("tidied after 2\nand then the engine stops\n", 5)


def test_a_sigterm_is_passed_on() -> None:
    process = start(FOLLOW)
    process.terminate()
    assert outcome(process) == ("tidied after 15\nand then the engine stops\n", 5)


def test_a_followed_program_runs_in_the_users_working_folder(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FOLLOW, ROOT, "import os; print(os.getcwd(), flush=True)"], text=True,
                          stdout=subprocess.PIPE, cwd=tmp_path, timeout=30)
    assert done.stdout.splitlines()[0] == str(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_program_can_clean_up(number: signal.Signals) -> None:
    process = start(STATUSES_OF)
    process.send_signal(number)
    said, code = outcome(process)
    assert said == f"tidied after {int(number)}\nand then the engine stops\n" and code != 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_programs_that_run_at_once_can_all_clean_up(number: signal.Signals) -> None:
    process = start(STATUSES_OF, programs=2)
    time.sleep(1)  # The other one's output is not seen before it ends.
    process.send_signal(number)
    said, code = outcome(process)
    tidied = f"tidied after {int(number)}\n"
    assert said == f"{tidied}up\n{tidied}and then the engine stops\n" and code != 0


def test_programs_that_run_at_once_print_one_after_the_other(capfd: pytest.CaptureFixture[str]) -> None:
    late = [sys.executable, "-c", "import time; time.sleep(0.5); print('first'); exit(3)"]
    early = [sys.executable, "-c", "import os, sys; print('second', file=sys.stderr, flush=True); os.kill(os.getpid(), 9)"]
    assert statuses_of([late, early]) == [3, 128 + 9]
    assert "".join(capfd.readouterr()) == "first\nsecond\n"


# Goal: a new user waits only for what the tour needs. Method: the real verbs, with their actions recorded.
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


def test_the_tour_builds_no_test_and_no_header_of_tests() -> None:
    commands = subprocess.run(["ninja", "-C", build.folder(), "-t", "commands", *build.PROGRAMS, "example_heater_control"], text=True,
                          capture_output=True, check=True, timeout=60).stdout
    assert "hearthd.cc.o" in commands
    assert [line for line in commands.splitlines() if "_test.cc" in line or "gmock" in line or "gtest" in line] == []
