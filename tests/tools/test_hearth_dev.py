"""hearth dev as a new user sees it: what it shows, and that it leaves nothing behind, however it ends."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tools.dev import build
from tools.dev.engine import Engine, ask, ensure_engine

pytestmark = pytest.mark.docker

STEPS = [
    r"the manager is ready at http://127\.0\.0\.1:\d+",
    r"node-1 is live, node-2 is live, node-3 is live",
    r"heater-control is deployed and runs: heater-control-\d+ on node-\d, heater-control-\d+ on node-\d",
    r"heater-control-\d+ runs again, in the fresh container [0-9a-f]{12}: .* after the kill",
    r"it was replaced before it failed, .* after its log turned bad: heater-control-\d+ on node-\d, heater-control-\d+ on node-\d",
    r"the database before: ACTIVE [0-9a-f]{12} on node-\d \(127\.\d+\.\d+\.\d+\), ACTIVE [0-9a-f]{12} on node-\d",
    r"the database after:  ACTIVE [0-9a-f]{12} on node-\d",
    r"node-\d is suspect, .* after it hung",
    r"node-\d is dead, .* after it hung",
    r"its application runs elsewhere, .* after it hung",
    r"node-\d was power-cycled and is live again",
    r"the engine runs 2 containers of heater-control, as many as wanted",
    r"the tour is done: 9 of 9 steps were observed",
    r"everything has ended",
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with ensure_engine() as engine:
        yield engine


def command(engine: Engine, state: Path) -> list[str | Path]:
    return [build.program("hearth"), "dev", "--tour", "--exit", "--state", state, "--docker", engine.docker_host,
            "--app", build.folder() / "examples" / "heater-control"]


def assert_nothing_is_left(engine: Engine, state: Path) -> None:
    cluster = (state / "cluster").read_text().strip()
    filters = quote(f'{{"label":["hearth.cluster={cluster}"]}}')
    assert ask(engine.socket, f"/containers/json?all=1&filters={filters}").strip() == b"[]"
    assert [words for words in map(command_line, Path("/proc").iterdir()) if str(state).encode() in words] == []
    assert not (state / "power.sock").exists()


def command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_the_tour_observes_every_step_and_leaves_nothing_behind(engine: Engine, tmp_path: Path) -> None:
    done = subprocess.run(command(engine, tmp_path / "state"), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=240)
    assert done.returncode == 0, done.stdout
    lines = iter(done.stdout.splitlines())
    for step in STEPS:
        assert any(re.search(step, line) for line in lines), f"{step}\n\nin:\n{done.stdout}"
    assert_nothing_is_left(engine, tmp_path / "state")


# The first line is printed before anything is started; the delays fall into the start that follows.
@pytest.mark.parametrize("line, then_s", [
    ("starting a manager", 0), ("starting a manager", 0.01), ("starting a manager", 0.05), ("starting a manager", 0.3),
    ("the manager is ready", 0), ("deploying", 0), ("deploying", 0.5), ("hangs: its agent", 0.2)])
def test_a_ctrl_c_at_any_moment_ends_everything(line: str, then_s: float, engine: Engine, tmp_path: Path) -> None:
    with interrupted(command(engine, tmp_path / "state"), line, then_s) as process:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert said.splitlines()[-1].endswith("everything has ended")
    assert_nothing_is_left(engine, tmp_path / "state")


def test_a_ctrl_c_that_also_ends_the_reader_ends_everything(engine: Engine, tmp_path: Path) -> None:
    """As with `| tee`, which also receives the terminal's Ctrl-C."""
    with interrupted(command(engine, tmp_path / "state"), "is deployed and runs", 0, stay=False) as process:
        assert process.wait(60) == 130
    assert_nothing_is_left(engine, tmp_path / "state")


def interrupted(words: list[str | Path], line: str, then_s: float, *, stay: bool = True) -> "subprocess.Popen[str]":
    """The program, interrupted `then_s` after it printed this line. Not `stay`: nothing reads its further output."""
    process = subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               # Tests that a shell runs in the background inherit an ignored SIGINT.
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stdout
    said = ""
    while line not in said:
        said = process.stdout.readline()
        assert said, "it ended without printing the line"
    time.sleep(then_s)
    if not stay:
        process.stdout.close()
    process.send_signal(signal.SIGINT)
    return process
