"""./dev fuzz: which targets there are, and what it refuses."""

import re
import subprocess

import pytest

from tools.dev import fuzz
from tools.dev.main import main
from tools.dev.paths import ROOT
from tools.dev.terminal import Failure


def verb(*arguments: str) -> int:
    return fuzz.VERBS[0].start(list(arguments))


def test_the_targets_are_those_of_the_build() -> None:
    built = re.findall(r"^hearth_fuzz\((\w+)", (ROOT / "tests/fuzz/CMakeLists.txt").read_text(), re.MULTILINE)
    assert fuzz.targets() == sorted(built)


def test_an_unknown_target_is_refused_with_those_there_are() -> None:
    with pytest.raises(Failure, match="there is no fuzz target 'logs': .*, log_stream, "):
        verb("logs", "5")


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "soon"])
def test_a_time_that_is_none_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fuzz", "log_stream", seconds])
    assert "at least 1" in capsys.readouterr().err or seconds == "-1"


def test_the_target_runs_for_that_long(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(fuzz.build, "build", lambda targets, preset: started.append([*targets, preset]))
    monkeypatch.setattr(fuzz, "status_of", lambda command: started.append([str(part) for part in command]) or 0)
    assert verb("log_stream", "7", "--preset", "asan") == 0
    assert started[0] == ["hearth_log_stream_fuzz", "asan"]
    assert started[1][0].endswith("build/asan/bin/hearth_log_stream_fuzz")
    assert started[1][1:] == [str(fuzz.CORPUS / "log_stream"), "--seconds", "7"]


def runs_of(monkeypatch: pytest.MonkeyPatch, broken: str) -> list[str]:
    """The targets that `all` runs, of which one fails."""
    ran: list[str] = []
    monkeypatch.setattr(fuzz.build, "build", lambda targets, preset: None)

    def output_of(command: list[object]) -> "subprocess.CompletedProcess[str]":
        assert command[2:] == ["--seconds", "5"]
        target = str(command[1]).rsplit("/", 1)[1]
        ran.append(target)
        return subprocess.CompletedProcess(command, 134 if target == broken else 0, f"what {target} printed\n")

    monkeypatch.setattr(fuzz, "_output_of", output_of)
    return ran


def test_all_runs_each_target_even_if_one_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ran = runs_of(monkeypatch, broken="canary")
    assert verb("all", "5") == 1
    assert sorted(ran) == fuzz.targets()
    printed = capsys.readouterr().out
    assert f"{len(ran) - 1} targets passed, 1 failed: canary" in printed
    assert [printed.index(f"what {target} printed") for target in fuzz.targets()] == sorted(
        printed.index(f"what {target} printed") for target in fuzz.targets())


def test_all_passes_if_each_does(monkeypatch: pytest.MonkeyPatch) -> None:
    runs_of(monkeypatch, broken="")
    assert verb("all", "5") == 0
