"""Bounded waits that read as sentences, and report what was seen instead.

    lab.wait_until(app).runs_elsewhere_than("node2")
    lab.wait_until(app, within=5).has_fresh_container_since(before)
    lab.wait_until_node("node2").is_believed("dead")

What runs is observed at the nodes' own engines; what is believed is asked from the manager.
"""

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.lab.harness.docker_api import EngineError, EngineUnreachable
from tests.lab.harness.observing import Sighting

POLL_S = 0.05
# Failures of an observation while something is down or busy: an engine, the manager, the CLI, the database.
NOT_SEEN = (OSError, AssertionError, LookupError, ValueError, EngineError, EngineUnreachable, subprocess.SubprocessError,
            sqlite3.OperationalError)


def wait_for(what: str, observe: Callable[[], Any], satisfied: Callable[[Any], bool], within: float,
             explain: Callable[[], str] = lambda: "") -> Any:
    """Returns the first observation that satisfies. AssertionError with the last one if none does in time.

    An observation that fails (no answer) does not satisfy.
    """
    begin, seen = time.monotonic(), None
    while True:
        try:
            seen = observe()
            if satisfied(seen):
                return seen
        except NOT_SEEN as failed:
            seen = failed
        if time.monotonic() - begin > within:
            raise AssertionError(f"waited {within:g} s until {what}; saw instead: {_short(seen)}\n{explain()}".rstrip())
        time.sleep(POLL_S)


def _short(seen: Any) -> str:
    text = seen if isinstance(seen, str) else str(seen) if isinstance(seen, (Sighting, Exception)) else json.dumps(seen, default=str)
    return text if len(text) < 2000 else text[:2000] + " …"


class Until:
    """What `lab.wait_until(app)` can wait for. Each returns the sighting that satisfied it.

    A node that does not answer may run anything: only a node declared down may be silent.
    """

    def __init__(self, lab, app: str, within: float):
        self._lab = lab
        self._app = app
        self._within = within

    def runs(self, instances: int = 1, *, down: tuple[str, ...] = ()) -> Sighting:
        return self._until(f"'{self._app}' runs in {instances} instance{'s' if instances != 1 else ''}",
                           lambda seen: len(seen.containers) == instances, down)

    def runs_on(self, *nodes: str) -> Sighting:
        return self._until(f"'{self._app}' runs on {', '.join(nodes)}", lambda seen: seen.nodes == sorted(nodes))

    def runs_elsewhere_than(self, node: str, instances: int = 1) -> Sighting:
        return self._until(f"'{self._app}' runs elsewhere than on {node}",
                           lambda seen: len([each for each in seen.containers if each.node != node]) == instances, (node,))

    def has_fresh_container_since(self, before: Sighting) -> Sighting:
        """As many containers as before, at least one of them fresh."""
        return self._until(f"'{self._app}' runs in a fresh container",
                           lambda seen: len(seen.containers) == len(before.containers) and bool(seen.ids - before.ids))

    def is_gone(self) -> Sighting:
        return self._until(f"'{self._app}' runs nowhere", lambda seen: not seen.containers)

    def _until(self, what: str, satisfied: Callable[[Sighting], bool], down: tuple[str, ...] = ()) -> Sighting:
        return wait_for(what, lambda: self._lab.containers(self._app),
                        lambda seen: set(seen.unseen) <= set(down) and satisfied(seen), self._within, self._lab.describe)


class UntilNode:
    """What `lab.wait_until_node(name)` can wait for: the node's state according to the manager."""

    def __init__(self, lab, node: str, within: float):
        self._lab = lab
        self._node = node
        self._within = within

    def is_believed(self, *states: str) -> str:
        return wait_for(f"the manager considers {self._node} {' or '.join(states)}",
                        lambda: self._lab.manager.node_state(self._node), lambda seen: seen in states,
                        self._within, self._lab.describe)
