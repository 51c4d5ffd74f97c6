"""The lab's waits and sightings with nodes that do not answer: a silent node proves nothing.

Starts nothing; tests/lab/test_the_lab_itself.py shows the rest with real servers.
"""

import sqlite3
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.lab.harness import lab as lab_module
from tests.lab.harness import parts, waiting
from tests.lab.harness.docker_api import EngineError, EngineUnreachable
from tests.lab.harness.lab import Lab
from tests.lab.harness.observing import Container, Sighting
from tests.lab.harness.waiting import wait_for

APP = "ticker"


class StubNode:
    """A node whose engine does not answer the first `silent_for` requests (None: never answers)."""

    def __init__(self, name: str, silent_for: int | None = 0, containers: tuple[str, ...] = ("a",), refuses: bool = False):
        self.name = name
        self.containers = containers
        self.silent_for = silent_for
        self.refuses = refuses
        self.asked = 0
        self.starts: list[dict] = []

    def running(self, workload: str, timeout_s: float) -> list[Container]:
        self.asked += 1
        if self.silent_for is None or self.asked <= self.silent_for:
            raise EngineError(500, "busy", "GET") if self.refuses else EngineUnreachable("no answer")
        return [Container(self.name, f"{self.name}-{container}", container, workload, "running", 0.0) for container in self.containers]

    def starts_since(self, when: float, workload: str) -> list[dict]:
        if self.silent_for is None:
            raise EngineUnreachable("no answer")
        return self.starts


class StubLab(Lab):
    """The real verbs, on stub nodes. `down`: without power; `frozen`: paused."""

    def __init__(self, *nodes: StubNode, down: str = "", frozen: str = ""):
        self.nodes = {node.name: node for node in nodes}
        self._down = down
        self._frozen = frozen

    def has_power(self, part: str) -> bool:
        return part != self._down

    def is_frozen(self, part: str) -> bool:
        return part == self._frozen

    def describe(self) -> str:
        return "--- the lab"


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_module, "ANSWER_WITHIN_S", 0.3)
    monkeypatch.setattr(waiting, "POLL_S", 0.001)


# -- wait_for


FAILURES = [OSError("refused"), AssertionError("exited 1"), KeyError("node2"), ValueError("not JSON"),
            EngineUnreachable("GET /containers/json: TimeoutError"), EngineError(500, "busy", "GET"),
            subprocess.TimeoutExpired("hearth", 10), subprocess.CalledProcessError(1, "hearth"),
            sqlite3.OperationalError("database is locked")]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda one: type(one).__name__)
def test_a_failed_observation_does_not_satisfy(failure: Exception) -> None:
    seen = iter([failure, failure, 7])

    def observe() -> int:
        one = next(seen)
        if isinstance(one, Exception):
            raise one
        return one

    assert wait_for("it is seven", observe, lambda number: number == 7, 5) == 7


def test_a_wait_in_vain_ends_in_time_and_reports_what_was_seen_last() -> None:
    def observe() -> None:
        raise EngineUnreachable("no answer")

    begin = time.monotonic()
    with pytest.raises(AssertionError, match="until it answers; saw instead: no answer\nthe state of all"):
        wait_for("it answers", observe, bool, 0.05, lambda: "the state of all")
    assert time.monotonic() - begin < 5


def test_a_fault_of_the_test_itself_is_not_waited_out() -> None:
    with pytest.raises(TypeError):
        wait_for("it adds up", lambda: 1 + "1", bool, 5)  # type: ignore[operator]


# -- sightings


def test_a_briefly_silent_node_is_asked_again() -> None:
    lab = StubLab(StubNode("node1"), StubNode("node2", silent_for=2), StubNode("node3", silent_for=1, refuses=True))
    assert lab.containers(APP) == Sighting(tuple(Container(node, f"{node}-a", "a", APP, "running", 0.0)
                                             for node in ("node1", "node2", "node3")), ())


@pytest.mark.parametrize("why", ["down", "frozen"])
def test_a_node_that_cannot_answer_is_asked_only_once(why: str) -> None:
    silent = StubNode("node2", silent_for=None)
    seen = StubLab(StubNode("node1"), silent, **{why: "node2"}).containers(APP)
    assert (seen.nodes, seen.unseen, silent.asked) == (["node1"], ("node2",), 1)


def test_a_node_that_should_answer_and_does_not_is_reported_as_unseen() -> None:
    silent = StubNode("node2", silent_for=None)
    seen = StubLab(StubNode("node1"), silent).containers(APP)
    assert (seen.nodes, seen.unseen) == (["node1"], ("node2",))
    assert silent.asked > 1


def test_a_claim_about_all_nodes_needs_an_answer_from_each() -> None:
    assert StubLab(StubNode("node1", containers=())).all_containers(APP).containers == ()
    with pytest.raises(AssertionError, match="is unknown.*no answer from node1"):
        StubLab(StubNode("node1", silent_for=None), down="node1").all_containers(APP)


# -- waits on sightings


Wait = Callable[[waiting.Until], Sighting]
BEFORE = Sighting((Container("node1", "old", "a", APP, "running", 0.0),), ())
WAITS: list[Wait] = [lambda until: until.runs(1), lambda until: until.runs_on("node1"),
                     lambda until: until.runs_elsewhere_than("node3"), lambda until: until.has_fresh_container_since(BEFORE)]


@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_needs_an_answer_from_all_nodes(wait: Wait) -> None:
    silent = StubNode("node2", silent_for=None)
    with pytest.raises(AssertionError, match="no answer from node2"):
        wait(StubLab(StubNode("node1"), silent, StubNode("node3", containers=()), down="node2").wait_until(APP, 0.02))
    whole = StubLab(StubNode("node1"), StubNode("node2", containers=()), StubNode("node3", containers=()))
    assert wait(whole.wait_until(APP, 5)).nodes == ["node1"]


def test_only_a_node_declared_down_may_be_silent() -> None:
    lab = StubLab(StubNode("node1"), StubNode("node2", silent_for=None), down="node2")
    assert lab.wait_until(APP, 5).runs(1, down=("node2",)).nodes == ["node1"]
    assert lab.wait_until(APP, 5).runs_elsewhere_than("node2").nodes == ["node1"]
    with pytest.raises(AssertionError):
        lab.wait_until(APP, 0.02).runs_elsewhere_than("node1", instances=0)


def test_gone_means_that_no_node_shows_it() -> None:
    with pytest.raises(AssertionError):
        StubLab(StubNode("node1", containers=()), StubNode("node2", silent_for=None), down="node2").wait_until(APP, 0.02).is_gone()
    assert not StubLab(StubNode("node1", containers=())).wait_until(APP, 5).is_gone().containers


# -- nothing_changes


def test_nothing_changes_holds_even_if_a_node_is_slow_to_answer_at_first() -> None:
    StubLab(StubNode("node1"), StubNode("node2", silent_for=1)).nothing_changes(APP, for_s=0.3)


def test_nothing_changes_fails_if_nothing_runs() -> None:
    with pytest.raises(AssertionError, match="nothing of 'ticker' runs"):
        StubLab(StubNode("node1", containers=())).nothing_changes(APP, for_s=0.1)


def test_nothing_changes_fails_if_a_node_does_not_answer() -> None:
    with pytest.raises(AssertionError, match="is unknown"):
        StubLab(StubNode("node1", silent_for=None)).nothing_changes(APP, for_s=0.1)
    with pytest.raises(AssertionError, match="is unknown"):
        StubLab(StubNode("node1"), StubNode("node2", silent_for=None), down="node2").nothing_changes(APP, for_s=0.1)


@pytest.mark.parametrize("then", [("a", "b"), (), ("b",)], ids=["one more", "one less", "another one"])
def test_a_change_is_seen(then: tuple[str, ...]) -> None:
    node = StubNode("node1")
    lab = StubLab(node)
    first = node.running

    def running(workload: str, timeout_s: float) -> list[Container]:
        seen = first(workload, timeout_s)
        node.containers = then
        return seen

    node.running = running  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="'ticker' changed"):
        lab.nothing_changes(APP, for_s=0.3)


def test_a_start_between_two_looks_is_found_in_the_engines_events() -> None:
    node = StubNode("node1")
    node.starts = [{"id": "x"}]
    with pytest.raises(AssertionError, match="was started on node1 meanwhile"):
        StubLab(node).nothing_changes(APP, for_s=0.1)


# -- the shared image, which another checkout's last lab removes when it goes down


class EngineThatLosesImages:
    """`losses`: how often the image has disappeared again when a container is created from it."""

    def __init__(self, losses: int, refusal: int = 404):
        self.losses = losses
        self.refusal = refusal
        self.has_image = False
        self.created: list[tuple[str, str]] = []

    def call(self, method: str, path: str, **rest: object) -> None:
        if path == "/images/create":
            self.has_image = True
        elif not self.has_image:
            raise EngineError(404, "no such image", path)

    def create(self, name: str, spec: dict) -> None:
        if self.losses > 0:
            self.losses, self.has_image = self.losses - 1, False
            raise EngineError(self.refusal, "no such image", "create")
        assert self.has_image
        self.created.append((name, spec["Image"]))


def test_an_image_that_another_checkout_removed_is_made_again() -> None:
    engine = EngineThatLosesImages(losses=2)
    parts.create(engine, "lab-node1", {"Hostname": "node1"})  # type: ignore[arg-type]
    assert [name for name, _ in engine.created] == ["lab-node1"]
    assert engine.created[0][1].startswith("hearth-lab-base:")


def test_an_image_that_keeps_disappearing_or_another_refusal_is_a_failure() -> None:
    for engine in (EngineThatLosesImages(losses=99), EngineThatLosesImages(losses=1, refusal=409)):
        with pytest.raises(EngineError):
            parts.create(engine, "lab-node1", {})  # type: ignore[arg-type]
        assert not engine.created
