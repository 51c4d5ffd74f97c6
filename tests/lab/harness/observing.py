"""Observations of a lab, by source.

Two independent witnesses: the nodes' own Docker engines report what runs, and the manager reports what it
believes. A test that compares the two finds a false claim.
"""

import calendar
import http.client
import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.harness.docker_api import Engine, EngineError, EngineUnreachable

WORKLOAD_LABEL = "hearth.workload"
ASK_AGAIN_S = 0.05


@dataclass(frozen=True)
class Container:
    """A container as its node's engine reports it."""

    node: str
    id: str
    name: str
    workload: str | None
    state: str  # created, running, paused, exited, dead …
    created_at: float
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def runs(self) -> bool:
        return self.state == "running"

    def __str__(self) -> str:
        return f"{self.node}: {self.id[:12]} {self.workload or self.name} {self.state}, {time.time() - self.created_at:.0f} s old"


class Node:
    """A server of the lab, seen through its own engine (and through its process 1, for signals from outside)."""

    def __init__(self, name: str, address: str, pid_of):
        self.name = name
        self.address = address
        self._pid_of = pid_of
        self.engine = Engine(self._socket_path)

    def _socket_path(self) -> str:
        pid = self._pid_of(self.name)
        if not pid:
            raise EngineUnreachable(f"{self.name} has no power")
        return f"/proc/{pid}/root/run/docker.sock"

    @property
    def has_power(self) -> bool:
        return self._pid_of(self.name) is not None

    def containers(self, workload: str | None = None, timeout_s: float = 2) -> list[Container]:
        """All containers, in any state. EngineUnreachable if the engine does not answer."""
        found = [self._container(reported) for reported in self.engine.containers(timeout_s=timeout_s)]
        return [each for each in found if workload is None or each.workload == workload]

    def running(self, workload: str, timeout_s: float = 2) -> list[Container]:
        return [each for each in self.containers(workload, timeout_s) if each.runs]

    def _container(self, reported: dict) -> Container:
        labels = reported.get("Labels") or {}
        return Container(self.name, reported["Id"], (reported.get("Names") or ["?"])[0].lstrip("/"), labels.get(WORKLOAD_LABEL),
                         reported["State"], float(reported["Created"]), tuple(sorted(labels.items())))

    def images(self) -> list[dict]:
        return self.engine.call("GET", "/images/json")

    def logs(self, container: Container) -> str:
        return self.engine.logs(container.id)

    def starts_since(self, when: float, workload: str | None = None) -> list[dict]:
        """The engine's own record of container starts, complete even if a poll would be too slow."""
        raw = self.engine.call("GET", "/events", since=f"{when:.9f}", until=f"{time.time():.9f}",
                               filters={"type": ["container"], "event": ["start"]})
        events = [json.loads(line) for line in (raw if isinstance(raw, bytes) else json.dumps(raw or "").encode()).splitlines()
                  if line.startswith(b"{")]
        return [event for event in events
                if workload is None or event["Actor"]["Attributes"].get(WORKLOAD_LABEL) == workload]


class Manager:
    """What the manager reports: over HTTP, through the CLI, and in its database."""

    def __init__(self, address: str, token_file: Path, bin_dir: Path, state_dir: Path):
        self.address = address
        self.port = 7700
        self.token_file = token_file
        self._bin_dir = bin_dir
        self._state_dir = state_dir

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def request(self, method: str, path: str, *, body: Any = None, token: str | None = "", timeout_s: float = 5) -> tuple[int, Any]:
        """Returns (status, decoded body). token=None sends none, "" the lab's own. OSError if there is no answer."""
        return http_request(self.address, self.port, method, path, body, self.token if token == "" else token, timeout_s)

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    def answers(self) -> bool:
        try:
            return self.request("GET", "/healthz", timeout_s=1)[0] == 200
        except OSError:
            return False

    def cli(self, *arguments: str, timeout_s: float = 120, check: bool = False) -> subprocess.CompletedProcess:
        """Runs `hearth`. Raises for its exit code only with `check`."""
        command = [str(self._bin_dir / "hearth"), *arguments]
        done = subprocess.run(command, text=True, capture_output=True, timeout=timeout_s, env=self.cli_environment())
        if check and done.returncode != 0:
            raise AssertionError(f"hearth {' '.join(arguments)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def cli_environment(self) -> dict[str, str]:
        """The environment by which `hearth` finds this manager."""
        return {**os.environ, "HEARTH_MANAGER": self.url, "HEARTH_TOKEN": self.token}

    def json(self, *arguments: str) -> Any:
        """The answer of a command with `-o json`."""
        return json.loads(self.cli(*arguments, "-o", "json", check=True, timeout_s=20).stdout)

    def node_states(self) -> dict[str, str]:
        """Each node's state according to the manager: live, suspect, dead …"""
        return {node["name"]: node["state"] for node in _listed(self.json("node", "list"), "nodes")}

    def node_state(self, name: str) -> str:
        return self.node_states()[name]

    def workloads(self) -> dict[str, dict]:
        return {workload["name"]: workload for workload in _listed(self.json("ps"), "workloads")}

    def instances(self, workload: str) -> list[dict]:
        return [each for each in self.json("ps")["instances"] if each["workload"] == workload]

    def events(self, kind: str = "", subject: str = "") -> list[dict]:
        """The cluster's history, oldest first; of one type and subject if given."""
        reported = self.cli("events", "--since", "24h", "-o", "json", check=True, timeout_s=20).stdout  # Without --since: only the last few.
        return [event for event in map(_plain_event, reported.splitlines())
                if kind in ("", event["type"]) and subject in ("", event["subject"])]

    def rows(self, query: str, *parameters: Any) -> list[dict]:
        """Plain SQL on the manager's database, as any user can do."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, parameters)]

    @property
    def database(self) -> Path:
        for pattern in ("*.db", "*.sqlite", "*.sqlite3"):
            for found in sorted(self._state_dir.glob(pattern)):
                return found
        raise FileNotFoundError(f"no database in {self._state_dir}")

    def service_status(self, service: str) -> list[dict]:
        return self.rows("SELECT * FROM service_status WHERE service = ?", service)

    def node_status(self) -> dict[str, dict]:
        return {row["node_name"]: row for row in self.rows("SELECT * FROM node_status")}


def _plain_event(line: str) -> dict:
    """The members of a CloudEvent that tests need."""
    event = json.loads(line)
    return {"seq": int(event["id"]), "type": event["type"].removeprefix("hearth."), "subject": event["subject"],
            "message": event["data"]["message"]}


def _listed(reported: Any, what: str) -> list[dict]:
    """The items of a list or of a page."""
    return reported if isinstance(reported, list) else reported.get(what, reported.get("items", []))


def http_request(host: str, port: int, method: str, path: str, body: Any, token: str | None, timeout_s: float) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None and not isinstance(body, bytes):
        body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    try:
        connection.request(method, path, body=body, headers=headers)
        reply = connection.getresponse()
        content = reply.read()
    except http.client.HTTPException as broken:
        raise OSError(f"{method} {path}: {broken!r}") from None
    finally:
        connection.close()
    try:
        return reply.status, json.loads(content)
    except ValueError:
        return reply.status, content.decode(errors="replace")


@dataclass(frozen=True)
class Sighting:
    """The running containers of a workload by the nodes' engines at one moment, and the nodes that did not answer."""

    containers: tuple[Container, ...]
    unseen: tuple[str, ...]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(each.id for each in self.containers)

    @property
    def nodes(self) -> list[str]:
        return sorted(each.node for each in self.containers)

    def __str__(self) -> str:
        seen = "; ".join(map(str, self.containers)) or "no running container"
        return seen + (f" (no answer from {', '.join(self.unseen)})" if self.unseen else "")


def running_copies(nodes: Sequence[Node], workload: str, should_answer: Callable[[str], bool], within_s: float) -> Sighting:
    """Asks all nodes, and all again while one that should answer is silent: an engine may be busy or just starting.

    Ends after `within_s` in any case. A sighting comes from one round, never from several.
    """
    def ask(node: Node) -> list[Container] | None:
        try:
            return node.running(workload, timeout_s=1)
        except (EngineUnreachable, EngineError):
            return None

    deadline = time.monotonic() + within_s
    with ThreadPoolExecutor(len(nodes)) as threads:
        while True:
            answers = dict(zip((node.name for node in nodes), threads.map(ask, nodes), strict=True))
            silent = tuple(name for name, answer in answers.items() if answer is None)
            if time.monotonic() >= deadline or not any(map(should_answer, silent)):
                return Sighting(tuple(each for answer in answers.values() for each in answer or ()), silent)
            time.sleep(ASK_AGAIN_S)


def engine_time(text: str) -> float:
    """An engine's RFC 3339 time with nanoseconds, in seconds since the epoch."""
    whole, fraction = re.fullmatch(r"([^.Z]+)(\.\d+)?Z", text).groups()
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(fraction or 0)
