"""./dev as a user sees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.dev import setup
from tools.dev.main import VERBS, main
from tools.dev.paths import ROOT
from tools.dev.terminal import Failure


def dev(*arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([ROOT / "dev", *arguments], text=True, capture_output=True, cwd=cwd, timeout=30)


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_lists_all_verbs(arguments: tuple[str, ...]) -> None:
    done = dev(*arguments)
    assert done.returncode == 0
    for verb in VERBS:
        assert f"  {verb.name} " in done.stdout and verb.summary in done.stdout


def test_works_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT / "dev")
    done = subprocess.run([tmp_path / "link", "help"], text=True, capture_output=True, cwd=tmp_path)
    assert done.returncode == 0 and "usage: ./dev VERB" in done.stdout


def test_an_unknown_verb_is_refused_with_the_nearest_one() -> None:
    done = dev("biuld")
    assert done.returncode == 2
    assert "there is no verb 'biuld'. did you mean 'build'?" in done.stderr


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_help_of_a_verb_has_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main([verb, "--help"])
    except SystemExit as left:
        code = left.code
    assert not code and f"./dev {verb}" in capsys.readouterr().out.split("examples:")[1]


def test_contributing_names_every_verb() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert [verb.name for verb in VERBS if f"./dev {verb.name}" not in text] == []


def test_bench_asks_for_a_known_benchmark() -> None:
    done = dev("bench", "nothing-like-this")
    assert done.returncode == 2 and "which benchmark?" in done.stderr


def test_only_missing_packages_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(setup.GROUPS, "tiny", [
        setup.Package("libc6", "is always there"),
        setup.Package("no-such-package-as-this", "replaced by something else", lambda: True),
        setup.Package("no-such-package-as-that", "missing")])
    assert [package.name for package in setup.missing(["tiny"])] == ["no-such-package-as-that"]


def test_without_apt_the_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(setup.GROUPS, "tiny", [setup.Package("no-such-package", "missing")])
    monkeypatch.setattr(setup, "which", lambda program: None if program == "apt-get" else "/usr/bin/" + program)
    with pytest.raises(Failure, match="no-such-package"):
        setup.ensure("tiny")


def test_programs_that_hearth_dev_suggests_are_installed() -> None:
    assert "sqlite3" in {package.name for package in setup.GROUPS["run"]}


def test_every_package_says_what_it_is_for() -> None:
    assert all(package.what_for for group in setup.GROUPS.values() for package in group)


def test_pytest_runs_under_an_interpreter_that_has_it() -> None:
    assert subprocess.run([setup.python_with_pytest(), "-m", "pytest", "--version"], capture_output=True).returncode == 0
    assert sys.version_info >= (3, 11)
