"""./dev clean removes nothing that is in use."""

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tools.dev import tidy_up
from tools.dev.engine import OwnEngine
from tools.dev.terminal import Failure
from tools.dev.tidy_up import in_use


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "build"
    (folder / "dev" / "bin").mkdir(parents=True)
    monkeypatch.setattr(tidy_up, "BUILD", folder)
    monkeypatch.setattr(tidy_up, "in_use", lambda: in_use(folder))
    monkeypatch.setattr(tidy_up, "OwnEngine", lambda: OwnEngine(folder / "engine"))
    return folder


def soon_in_use(build: Path, count: int) -> list[str]:
    """The findings, once there are `count`: a process that has just started has no command line for a moment."""
    deadline = time.monotonic() + 10
    while len(in_use(build)) != count and time.monotonic() < deadline:
        time.sleep(0.01)
    return in_use(build)


def clean() -> int:
    return tidy_up.VERBS[0].start([])


def test_removes_a_build_folder_that_is_not_in_use(build: Path) -> None:
    (build / "dev.lock").touch()
    (build / "bench").mkdir()
    assert in_use(build) == []
    assert clean() == 0 and not build.exists()


def test_refuses_while_a_program_built_there_runs(build: Path) -> None:
    program = build / "dev" / "bin" / "hearth"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as running:
        assert soon_in_use(build, 1) == [f"hearth (pid {running.pid}, Ctrl-C in its terminal)"]
        with pytest.raises(Failure, match="nothing was removed, because build/ is in use by: hearth "):
            clean()
        running.kill()
    assert program.exists() and in_use(build) == []


def test_refuses_while_a_broker_or_a_lab_is_up_and_names_what_ends_them(build: Path) -> None:
    broker = build / "kafka" / "broker"
    broker.mkdir(parents=True)
    (broker / "address").write_text("127.0.0.1:9092\n")
    for lab in ("default", "mine"):
        (build / "lab" / lab).mkdir(parents=True)
        (build / "lab" / lab / "lab.json").write_text("{}")
    with subprocess.Popen(["sh", "-c", "read line", "sh", "kafka.Kafka", broker / "server.properties"],
                          stdin=subprocess.PIPE) as running:
        other = f"a test's Kafka (pid {running.pid})"
        assert soon_in_use(build, 3) == ["lab 'default' (./dev lab down)", "lab 'mine' (./dev lab --name mine down)", other]
        (broker / "pid").write_text(str(running.pid))
        assert in_use(build)[2:] == ["Kafka at 127.0.0.1:9092 (./dev kafka down)"]
        running.kill()


def test_refuses_while_a_build_is_in_progress(build: Path) -> None:
    with open(build / "dev.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert in_use(build) == ["a build of 'dev' (wait for it)"]


def test_files_of_another_user_are_removed_by_root(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (build / "bench").mkdir()
    asked: list[list[str]] = []
    monkeypatch.setattr(tidy_up, "as_root", lambda command: asked.append(command) or command)
    monkeypatch.setattr(tidy_up, "_is_anothers", lambda path: path.name == "bench")
    assert clean() == 0 and len(asked) == 1


def test_a_failed_removal_is_reported_in_one_sentence(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidy_up, "_is_anothers", lambda _: True)
    monkeypatch.setattr(tidy_up, "as_root", lambda _: ["sh", "-c", "echo rm: no >&2; exit 1"])
    with pytest.raises(Failure, match="not all of build/ could be removed: rm: no"):
        clean()
    assert os.path.isdir(build)
