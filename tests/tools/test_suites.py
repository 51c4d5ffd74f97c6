"""How ./dev test counts."""

from pathlib import Path

import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from tools.dev import processes, suites
from tools.dev.suites import Tally, read_junit

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


def test_the_closing_line_names_skips_only_if_there_are_any() -> None:
    assert Tally(3).line() == "3 passed, 0 failed"
    assert Tally(3, 2, ["x"]).line() == "3 passed, 1 failed, 2 skipped"


def test_a_users_lab_is_roots_and_its_reports_are_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    handed_back = []
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(processes, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(suites, "ensure_engine", lambda: nullcontext(SimpleNamespace(docker_host="unix:///sock")))
    monkeypatch.setattr(suites.kafka, "fetch", lambda: None)
    monkeypatch.setattr(suites, "status_of", lambda command, _: started.append([str(part) for part in command]) or 1)
    monkeypatch.setattr(suites, "hand_back", lambda *folders: handed_back.extend(folders))
    assert suites.GROUPS["lab"].run("one").failures
    assert started[0][:2] == ["sudo", "env"] and "DOCKER_HOST=unix:///sock" in started[0]
    assert started[0][-2:] == ["-k", "one"]
    assert suites.REPORTS in handed_back


def test_nothing_run_is_no_success() -> None:
    assert Tally(1).exit_code() == 0
    assert Tally(1, 0, ["x"]).exit_code() == 1
    assert Tally(0, 5).exit_code() == 1
