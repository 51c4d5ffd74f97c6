"""./dev test: the groups of tests, what each needs, and the line that sums them up."""

import argparse
import os
import re
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools import kafka
from tools.dev import build, setup
from tools.dev.engine import ensure_engine
from tools.dev.paths import BUILD, ROOT
from tools.dev.processes import Argv, as_root_with, hand_back, status_of, statuses_of
from tools.dev.terminal import Failure, error, say, timed
from tools.dev.verbs import Verb

REPORTS = BUILD / "reports"
LAB_TESTS = ROOT / "tests" / "lab"
LABS_AT_ONCE = 2
_PYTEST_FOUND_NONE = 5


@dataclass
class Tally:
    passed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    def line(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {len(self.failures)} failed{skipped}"

    def exit_code(self) -> int:
        return 1 if self.failures or not self.passed else 0


def read_junit(report: Path) -> Tally:
    """Counts the cases of a JUnit file as written by ctest or pytest."""
    tally = Tally()
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".removeprefix(f"{case.get('name', '')}.")
        could_not_start = case.get("status") == "notrun" and "SKIP" not in _message(case, "skipped")
        if case.find("failure") is not None or case.find("error") is not None or could_not_start:
            tally.failures.append(name)
        elif case.find("skipped") is not None or case.get("status") == "disabled":
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally


def _message(case: ElementTree.Element, child: str) -> str:
    found = case.find(child)
    return "" if found is None else found.get("message", "")


def _tally(report: Path, what: str, exit_code: int, only: str | None) -> Tally:
    """Reads the report. Without a filter, a part in which no test passed is a failure."""
    try:
        tally = read_junit(report) if report.exists() else Tally()
    except ElementTree.ParseError as broken:
        return Tally(failures=[f"{what} itself (exit {exit_code}; its report is broken: {broken})"])
    if exit_code != 0 and not tally.failures:
        tally.failures.append(f"{what} itself (exit {exit_code})")
    if not only and not tally.passed and not tally.failures:
        tally.failures.append(f"{what}: no test passed" + (f", {tally.skipped} skipped" if tally.skipped else ": there was none"))
    return tally


def run_ctest(label: str, only: str | None, env: Mapping[str, str], per_job: int = 1) -> Tally:
    """The C++ tests of one label. `per_job`: tests in parallel per job; more than one if they mostly wait."""
    report = REPORTS / f"ctest-{label}.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", build.folder(), "-L", f"^{label}$", f"-j{per_job * setup.jobs()}",
               "--output-on-failure", "--no-tests=ignore", "--progress", "--output-junit", report]
    code = status_of([*command, *(["-R", only] if only else [])], env)
    return _tally(report, f"ctest {label}", code, only)


def run_pytest(name: str, shares: list[list[str]], only: str | None, env: Mapping[str, str],
               started: Callable[[Argv], Argv] = lambda command: command) -> Tally:
    """The Python tests that pytest finds by each share (folders, files and options); the shares run at once.

    `started` wraps a command.
    """
    if only and not re.fullmatch(r"[\w .]+", only):
        return Tally()  # A pattern for CTest; pytest accepts only words.
    reports = [REPORTS / f"pytest-{name}{f'-{number}' if number > 1 else ''}.xml" for number, _ in enumerate(shares, 1)]
    for report in reports:
        report.unlink(missing_ok=True)
    commands = [[setup.python_with_pytest(), "-m", "pytest", *share, f"--junit-xml={report}", *(["-k", only] if only else [])]
                for share, report in zip(shares, reports)]
    tally = Tally()
    for report, code in zip(reports, statuses_of([started(command) for command in commands], env)):
        tally.add(_tally(report, f"pytest {name}", 0 if code == _PYTEST_FOUND_NONE else code, only))
    return tally


def _pytest_of_tools(name: str, marked: str, only: str | None, env: Mapping[str, str]) -> Tally:
    """Everything in tests/ except the lab's."""
    return run_pytest(name, [["tests", "--ignore=tests/lab", "-m", marked]], only, env)


def _unit(only: str | None) -> Tally:
    tally = run_ctest("unit", only, os.environ, per_job=2)
    tally.add(_pytest_of_tools("unit", "not docker and not kafka", only, os.environ))
    return tally


def _docker(only: str | None) -> Tally:
    with ensure_engine() as engine:
        env = {**os.environ, "DOCKER_HOST": engine.docker_host}
        tally = run_ctest("docker", only, env)
        tally.add(_pytest_of_tools("docker", "docker", only, env))
    return tally


def _kafka(only: str | None) -> Tally:
    with kafka.running(kafka.fetch()) as broker:
        env = {**os.environ, **broker.test_environment()}
        tally = run_ctest("kafka", only, env)
        tally.add(_pytest_of_tools("kafka", "kafka", only, env))
    return tally


def _sim(only: str | None) -> Tally:
    return run_ctest("sim", only, os.environ)


def lab_shares(folder: Path, count: int) -> list[list[str]]:
    """The files of the lab's tests, dealt to that many shares of about as many lines: the longer a file, the longer it takes."""
    lines = {file: file.read_text().count("\n") for file in folder.glob("test_*.py")}
    shares: list[list[Path]] = [[] for _ in range(count)]
    for file in sorted(lines, key=lambda each: (-lines[each], each)):
        min(shares, key=lambda share: sum(lines[other] for other in share)).append(file)
    return [[str(file.relative_to(ROOT)) for file in sorted(share)] for share in shares if share]


def _lab(only: str | None) -> Tally:
    # They mostly wait, and no two labs collide.
    shares = lab_shares(LAB_TESTS, min(LABS_AT_ONCE, setup.jobs()))
    with ensure_engine() as engine:
        env = {**os.environ, "DOCKER_HOST": engine.docker_host}
        if os.geteuid() == 0:
            return run_pytest("lab", shares, only, env)
        kafka.fetch()  # Files that root fetched would belong to root.
        passed_on = {name: env[name] for name in ("PATH", "HOME", "DOCKER_HOST", "HEARTH_ENGINE", "HEARTH_BIN") if name in env}
        try:  # As root: it enters other processes' namespaces, and ends processes of root.
            return run_pytest("lab", shares, only, env,
                              lambda command: as_root_with(passed_on, command))
        finally:
            hand_back(REPORTS, BUILD / "pytest_cache")


@dataclass(frozen=True)
class Group:
    summary: str
    packages: tuple[str, ...]
    run: Callable[[str | None], Tally]


GROUPS = {
    "unit": Group("unit and property tests, golden plans, tests of the tools", (), _unit),
    "sim": Group("simulations of whole clusters", (), _sim),
    "docker": Group("adapters against a Docker engine", ("run",), _docker),
    "kafka": Group("adapters against a Kafka broker", ("kafka",), _kafka),
    "lab": Group("real nodes, real Kafka, real services", ("run", "kafka", "services"), _lab),
}


def _test(args: argparse.Namespace) -> int:
    names = list(GROUPS) if "all" in args.group or not args.group else list(dict.fromkeys(args.group))
    setup.ensure("build", "test", *(package for name in names for package in GROUPS[name].packages))
    build.build()
    REPORTS.mkdir(parents=True, exist_ok=True)
    total, lines = Tally(), []
    for name in names:
        begin = time.monotonic()
        with timed(f"{name}: {GROUPS[name].summary}"):
            tally = _guarded(name, args.k)
        total.add(tally)
        lines.append(f"   {name:7} {tally.line():40} {time.monotonic() - begin:6.1f} s")
    say()
    for line in lines:
        say(line)
    for failure in total.failures:
        say(f"   failed: {failure}")
    if not total.passed and not total.failures:
        error("no test ran" + (f": none matches '{args.k}'" if args.k else ""))
    say(total.line())
    return total.exit_code()


def _guarded(name: str, only: str | None) -> Tally:
    """A group that cannot start counts as failed; the others still run."""
    try:
        return GROUPS[name].run(only)
    except (Failure, OSError, subprocess.SubprocessError, ElementTree.ParseError) as failed:
        said = str(failed) or repr(failed)
        error(said)
        return Tally(failures=[f"{name}: {said.splitlines()[0]}"])


def _arguments(parser: argparse.ArgumentParser) -> None:
    groups = "\n".join(f"{name}: {group.summary}; " for name, group in GROUPS.items())
    parser.add_argument("group", nargs="*", choices=[*GROUPS, "all", []], metavar="GROUP", help=f"{groups}all (the default)")
    parser.add_argument("-k", metavar="FILTER", help="only tests whose name matches (a regular expression for C++ tests)")


VERBS = [
    Verb("test", "Run the tests; the last line sums them up.",
         ["./dev test                         everything",
          "./dev test unit                    the tests that take seconds",
          "./dev test unit -k NodeLiveness    one topic",
          "./dev test sim lab                 two groups"], _test, _arguments),
]
