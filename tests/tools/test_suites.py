"""How ./dev test counts."""

import argparse
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.dev import processes, suites
from tools.dev.suites import Group, Tally, read_junit
from tools.dev.terminal import Failure

CTEST = """<testsuite tests="5" failures="1" disabled="1" skipped="1">
<testcase name="base.A" classname="base.A" status="run"/>
<testcase name="base.B" classname="base.B" status="fail"><failure message=""/></testcase>
<testcase name="base.C" classname="base.C" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>
<testcase name="base.D" classname="base.D" status="disabled"/>
<testcase name="base_test_NOT_BUILT" classname="base_test_NOT_BUILT" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>"""

PYTEST = """<testsuites><testsuite tests="4" errors="1" failures="1" skipped="1">
<testcase classname="tests.a" name="one"/>
<testcase classname="tests.a" name="two"><failure message="no">…</failure></testcase>
<testcase classname="tests.a" name="three"><error message="setup">…</error></testcase>
<testcase classname="tests.a" name="four"><skipped message="not here"/></testcase>
</testsuite></testsuites>"""


def count(tmp_path: Path, text: str) -> Tally:
    report = tmp_path / "report.xml"
    report.write_text(text)
    return read_junit(report)


def test_counts_what_ctest_reports(tmp_path: Path) -> None:
    tally = count(tmp_path, CTEST)
    assert (tally.passed, tally.failures, tally.skipped) == (1, ["base.B", "base_test_NOT_BUILT"], 2)


def test_counts_what_pytest_reports(tmp_path: Path) -> None:
    tally = count(tmp_path, PYTEST)
    assert (tally.passed, tally.failures, tally.skipped) == (1, ["tests.a.two", "tests.a.three"], 1)


def test_the_last_line_names_skips_only_if_there_are_any() -> None:
    assert Tally(3).line() == "3 passed, 0 failed"
    assert Tally(3, 2, ["x"]).line() == "3 passed, 1 failed, 2 skipped"


def test_a_users_lab_runs_as_root_and_its_reports_belong_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    handed_back = []
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(processes, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(suites, "ensure_engine", lambda: nullcontext(SimpleNamespace(docker_host="unix:///sock")))
    monkeypatch.setattr(suites.kafka, "fetch", lambda: None)
    monkeypatch.setattr(suites, "statuses_of", lambda commands, _: [started.append([str(part) for part in each]) or 1 for each in commands])
    monkeypatch.setattr(suites, "hand_back", lambda *folders: handed_back.extend(folders))
    assert suites.GROUPS["lab"].run("one").failures
    for command in started:
        assert command[:2] == ["sudo", "env"] and "DOCKER_HOST=unix:///sock" in command
        assert command[-2:] == ["-k", "one"]
    assert suites.REPORTS in handed_back


def test_the_labs_tests_are_dealt_to_shares_each_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "ROOT", tmp_path)
    for name, lines in {"long": 5, "short": 1, "middle": 3, "other": 2}.items():
        (tmp_path / f"test_{name}.py").write_text("a line\n" * lines)
    (tmp_path / "conftest.py").write_text("a line\n" * 9)
    assert suites.lab_shares(tmp_path, 1) == [["test_long.py", "test_middle.py", "test_other.py", "test_short.py"]]
    assert suites.lab_shares(tmp_path, 2) == [["test_long.py", "test_short.py"], ["test_middle.py", "test_other.py"]]
    assert len(suites.lab_shares(tmp_path, 9)) == 4, "none is empty"


def test_a_filter_that_one_share_does_not_match_fails_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(suites, "REPORTS", tmp_path)

    def run(commands: list[list[object]], _: object) -> list[int]:
        (tmp_path / "pytest-x.xml").write_text(PASSED)
        (tmp_path / "pytest-x-2.xml").write_text(NOTHING)
        assert len(commands) == 2
        return [0, 5]

    monkeypatch.setattr(suites, "statuses_of", run)
    assert suites.run_pytest("x", [["a.py"], ["b.py"]], "power", {}) == Tally(1)


def test_running_no_test_is_not_a_success() -> None:
    assert Tally(1).exit_code() == 0
    assert Tally(1, 0, ["x"]).exit_code() == 1
    assert Tally(0, 5).exit_code() == 1


SKIPPED = '<testsuite><testcase name="a" classname="a" status="notrun"><skipped message="SKIP_RETURN_CODE"/></testcase></testsuite>'
PASSED = '<testsuite><testcase name="a" classname="a" status="run"/></testsuite>'
NOTHING = "<testsuite/>"


@pytest.fixture
def run_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Tally]:
    """Runs one part of a group with a program that writes `report` and exits with `code`."""
    monkeypatch.setattr(suites, "REPORTS", tmp_path)

    def run(part: Callable[..., Tally], report: str | None, code: int, only: str | None = None) -> Tally:
        def leave(argv: list, _: object) -> int:
            option = next(str(word) for word in argv if "junit" in str(word))
            path = Path(option.partition("=")[2] or argv[argv.index(option) + 1])
            if report is not None:
                path.write_text(report)
            return code

        monkeypatch.setattr(suites, "status_of", leave)
        monkeypatch.setattr(suites, "statuses_of", lambda commands, _: [leave(each, _) for each in commands])
        return part("x", only, {}) if part is suites.run_ctest else part("x", [["tests"]], only, {})
    return run


BOTH_PARTS = pytest.mark.parametrize("part", [suites.run_ctest, suites.run_pytest])


@BOTH_PARTS
@pytest.mark.parametrize("report, code", [(None, 0), (NOTHING, 0), (SKIPPED, 0), (NOTHING, 5)],
                         ids=["no report", "no test", "all skipped", "exit 5"])
def test_a_part_without_a_passed_test_fails_unless_there_is_a_filter(run_part, part, report, code) -> None:
    assert run_part(part, report, code).failures
    assert run_part(part, report, code).exit_code() == 1
    if part is suites.run_pytest or code == 0:
        assert not run_part(part, report, code, only="Liveness").failures


@BOTH_PARTS
def test_a_part_with_a_passed_test_passes(run_part, part) -> None:
    assert run_part(part, PASSED, 0) == Tally(1)


@BOTH_PARTS
def test_a_broken_report_fails_its_part(run_part, part) -> None:
    assert "report is broken" in run_part(part, "<testsuite><testc", 0).failures[0]


@pytest.mark.parametrize("trouble", [Failure("no engine\nadvice"), FileNotFoundError(2, "No such file", "ctest"),
                                     subprocess.TimeoutExpired("java", 5), ElementTree.ParseError("bad"), TimeoutError()],
                         ids=lambda one: type(one).__name__)
def test_after_a_group_that_cannot_start_the_others_run_and_the_last_line_counts(monkeypatch, tmp_path, capsys, trouble) -> None:
    def broken(_: str | None) -> Tally:
        raise trouble

    monkeypatch.setattr(suites, "GROUPS", {"sim": Group("breaks", (), broken), "unit": Group("works", (), lambda _: Tally(3))})
    monkeypatch.setattr(suites.setup, "ensure", lambda *_: None)
    monkeypatch.setattr(suites.build, "build", lambda: None)
    monkeypatch.setattr(suites, "REPORTS", tmp_path)
    assert suites._test(argparse.Namespace(group=[], k=None)) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "3 passed, 1 failed" and said[-2].startswith("   failed: sim: ")
