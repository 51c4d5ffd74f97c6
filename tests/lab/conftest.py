"""The fixtures of the lab tests: one lab for all of them, made whole again before each.

After a failure the logs of all parts, the manager's database and the state of everything are in
build/reports/lab/<test>.
"""

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from tests.lab import apps
from tests.lab.deployed import described, must_deploy
from tests.lab.harness.docker_api import EngineError, EngineUnreachable
from tests.lab.harness.lab import Lab, LabConfig
from tests.lab.harness.names import Owner
from tests.lab.harness.privilege import interrupted_by_sigterm
from tools.dev.paths import BUILD
from tools.dev.terminal import say

REPORTS = BUILD / "reports" / "lab"


def lab_config(**changes) -> LabConfig:
    """HEARTH_BIN can name another folder with the programs."""
    config = LabConfig(**changes)
    if os.environ.get("HEARTH_BIN"):
        config.bin_dir = Path(os.environ["HEARTH_BIN"]).resolve()
    return config


def lab_name(what: str) -> str:
    return f"{what}-{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def _ended_is_interrupted():
    """SIGTERM takes the labs down, like Ctrl-C."""
    with interrupted_by_sigterm():
        yield


@pytest.fixture(scope="session")
def bare_lab():
    """Two servers and a broker without Hearth."""
    lab = Lab.up(lab_name("bare"), lab_config(nodes=2, bare=True), owner=Owner.this_process(), say=say)
    yield lab
    lab.down()


class LabKeeper:
    """The lab that most tests share. After a test that leaves it beyond repair, the next one starts a new lab."""

    def __init__(self):
        self._lab: Lab | None = None

    def whole_lab(self) -> Lab:
        if self._lab:
            try:
                self._lab.make_whole()
            except (AssertionError, EngineError, EngineUnreachable, OSError) as beyond:
                say(f"   the lab could not be made whole; bringing up a new one: {str(beyond).splitlines()[0]}")
                self.down()
        if not self._lab:
            self._lab = Lab.up(lab_name("tests"), lab_config(nodes=3), owner=Owner.this_process(), say=say)
        self._lab.mark()
        return self._lab

    def any_lab(self) -> Lab:
        """The lab as the last test left it, for tests that neither break anything nor need it whole."""
        return self._lab or self.whole_lab()

    def down(self) -> None:
        lab, self._lab = self._lab, None
        if lab:
            lab.down()


@pytest.fixture(scope="session")
def lab_keeper():
    keeper = LabKeeper()
    yield keeper
    keeper.down()


@pytest.fixture
def lab(lab_keeper):
    """Three live servers, a broker and a manager; nothing deployed, nothing broken."""
    return lab_keeper.whole_lab()


@pytest.fixture(scope="session", autouse=True)
def _begun_early(request):
    """What must be watched for minutes begins before everything else, and runs beside it."""
    if any("leaking" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("leaking")


@pytest.fixture(scope="session")
def leaking(tmp_path_factory):
    """A lab of its own, the first container of a service that uses up its memory within five minutes, and when it began."""
    lab = Lab.up(lab_name("leaking"), lab_config(nodes=1, power=False), owner=Owner.this_process(), say=say)
    try:
        lab.mark()
        folder = apps.leaker(tmp_path_factory.mktemp("leaking"), bytes_per_s=(64 << 20) // 300)
        must_deploy(lab, described(folder, "{name: leaking, resources: {memory: 64M}, update: {min_ready: 0s}, trends: {memory: {do: replace}}}"))
        yield lab, lab.wait_until("leaking").runs(1).containers[0], time.time()
    finally:
        lab.down()


@pytest.fixture
def ticker(tmp_path):
    """An application that ticks ten times a second."""
    return apps.ticker(tmp_path / "ticker")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps what is needed to understand a failure, before anything is cleaned up."""
    outcome = yield
    lab = next((given for given in item.funcargs.values() if isinstance(given, Lab)), None)
    if call.when == "call" and outcome.get_result().failed and lab:
        folder = REPORTS / re.sub(r"[^\w-]+", "_", item.name)
        shutil.rmtree(folder, ignore_errors=True)
        lab.save_artifacts(folder)
        outcome.get_result().sections.append(("lab", f"the output of the lab's parts is in {folder.relative_to(BUILD.parent)}"))
