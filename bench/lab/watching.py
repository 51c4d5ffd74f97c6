"""What it costs an agent to watch its containers, how soon a bad line has a consequence, and how soon the database is true."""

import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab.bare_client import bare_client
from bench.lab.memory_parts import Memory, memory_parts, table
from bench.lab.processes import Spell
from bench.lab.restarts import FLOOR, compile_c
from tests.lab import apps
from tests.lab.harness.docker_api import EngineUnreachable
from tests.lab.harness.lab import Lab
from tests.lab.harness.waiting import wait_for

START_S = 10
TOLD_WITHIN_S = 30


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _deploy(lab: Lab, folder: Path, name: str, fields: str, instances: int = 1) -> None:
    (folder / "hearth.yaml").write_text(f"name: {name}\ninstances: {instances}\n{fields}")
    done = lab.hearth("deploy", str(folder), timeout_s=600)
    assert done.returncode == 0, f"deploy of '{name}' exited {done.returncode}:\n{done.stdout}{done.stderr}"


def watched_idle(folder: Path) -> Path:
    """Answers a probe, and writes nothing after its start."""
    return apps.busybox_app(folder, "echo serving; /bin/busybox mkdir /www; echo > /www/well; exec /bin/busybox httpd -f -p 8080 -h /www\n")


WATCHED = """
update: {min_ready: 0s}
probes:
  readiness: {http: {port: 8080, path: /well}}
  liveness: {http: {port: 8080, path: /well}, failures: 6}
log_rules:
  - {name: serves, must_appear: serving, within: 30s, do: restart}
  - {name: failed, must_not_appear: '^(FATAL|PANIC)', do: restart}
  - {name: refused, must_not_appear: 'connection (refused|reset)', count: 3, within: 1m, do: mark}
"""


def chatter(folder: Path, lines_per_s: int) -> Path:
    folder.mkdir(parents=True)
    compile_c(FLOOR / "chatter.c", folder / "chatter", "-static")
    (folder / "Dockerfile").write_text(f'FROM scratch\nCOPY chatter /chatter\nENTRYPOINT ["/chatter", "{lines_per_s}"]\n')
    return folder


CHATTER_RULES = """
update: {min_ready: 0s}
log_rules:
  - {name: failed, must_not_appear: '^(FATAL|PANIC)', do: event}
  - {name: battery, must_not_appear: 'battery [0-2]\\.', do: event}
"""


def _agent(lab: Lab) -> int:
    agent = lab.unit_pid("node1", "hearth-agent")
    assert agent, "the agent does not run"
    return agent


def agent_cost(lab: Lab, spell_s: float) -> dict:
    """Of the agent on node1, over some time from this moment."""
    spell = Spell(_agent(lab))
    for _ in range(round(spell_s)):
        time.sleep(1)
        spell.sample()
    return spell.reported()


def agent_memory(lab: Lab, folder: Path, spell_s: float) -> tuple[dict[str, float], list[tuple[str, Memory]]]:
    """An agent with 10 containers, with 100, and with 10 and one that writes 10,000 lines a second; logs, rules and probes on. And where its memory is, with the first 10."""
    shutil.rmtree(folder, ignore_errors=True)
    idle = watched_idle(folder / "idle")
    with bare_client(lab, folder) as bare:
        time.sleep(START_S)
        parts = [memory_parts(bare), memory_parts(_agent(lab))]
    figures = {}
    for instances, suffix in ((10, ""), (100, "_100")):
        _deploy(lab, idle, "idle", WATCHED, instances)
        time.sleep(START_S)
        cost = agent_cost(lab, spell_s)
        parts.append(memory_parts(_agent(lab)))
        figures |= {f"pss_mib{suffix}": cost["pss_mib"], f"cpu_percent{suffix}": cost["cpu_percent"]}
    _deploy(lab, idle, "idle", WATCHED, 10)
    _deploy(lab, chatter(folder / "chatter", 10_000), "chatter", CHATTER_RULES)
    time.sleep(START_S)
    cost = agent_cost(lab, spell_s)
    for name in ("idle", "chatter"):
        lab.hearth("rm", name)
    bare_parts, empty, full, *_ = parts
    figures |= {"pss_mib_10000_lines": cost["pss_mib"], "cpu_percent_10000_lines": cost["cpu_percent"]}
    return figures, table(bare_parts, empty, full, 10)


# -- from a bad line to its consequence


FATE = "trap 'echo FATAL the sensor is gone' USR1\n"
RESTARTED = "update: {min_ready: 0s}\nlog_rules: [{name: failed, must_not_appear: ^FATAL, do: restart}]\n"


def action_times(lab: Lab, folder: Path, instances: int, lines_per_s: int) -> list[float]:
    """Seconds from the signal at which a container writes a bad line to the one that stops it, beside one that writes without pause."""
    shutil.rmtree(folder, ignore_errors=True)
    _deploy(lab, chatter(folder / "chatter", lines_per_s), "chatter", CHATTER_RULES)
    _deploy(lab, apps.ticker(folder / "frail", first=FATE), "frail", RESTARTED, instances)
    time.sleep(START_S)
    taken = []
    with _kills(lab) as kills:
        for victim in lab.all_containers("frail").containers:
            blow = time.time()
            os.kill(lab.container_pid(victim), signal.SIGUSR1)
            killed_at = wait_for("the container is stopped", lambda victim=victim: kills.get(victim.id), bool, 30)
            taken.append(killed_at - blow)
            time.sleep(0.5)
    for name in ("frail", "chatter"):
        lab.hearth("rm", name)
    return taken


@contextmanager
def _kills(lab: Lab) -> Iterator[dict[str, float]]:
    """When the engine of node1 sent which container a signal, by the clock of the machine."""
    kills: dict[str, float] = {}
    listening, over = threading.Event(), threading.Event()

    def listen() -> None:
        filters = {"type": ["container"], "event": ["kill"]}
        try:
            for event in lab.node("node1").engine.stream("GET", "/events", timeout_s=600, on_open=listening.set, filters=filters):
                kills.setdefault(event["Actor"]["ID"], event["timeNano"] / 1e9)
                if over.is_set():
                    return
        except EngineUnreachable:
            return

    threading.Thread(target=listen, daemon=True).start()
    assert listening.wait(10), "no event stream"
    try:
        yield kills
    finally:
        over.set()


# -- the database


def truth_times(lab: Lab, context: Path, instances: int) -> dict[str, list[float]]:
    """Seconds from the death of a container until its row no longer says that it runs, and until one names its successor."""
    lab.deploy(context, "truth", instances=instances)
    time.sleep(3)
    taken: dict[str, list[float]] = {"inactive": [], "successor": []}
    with sqlite3.connect(f"file:{lab.manager.database}?mode=ro", uri=True) as database:
        def active() -> set[str]:
            return {row[0] for row in database.execute("SELECT container_id FROM service_status WHERE service = 'truth' AND status = 'ACTIVE'")}
        for victim in lab.all_containers("truth").containers:
            before = wait_for("all are active", active, lambda rows: len(rows) == instances, TOLD_WITHIN_S)
            blow = lab.kill_process_of(victim.node, victim.id)
            taken["inactive"].append(_until(lambda victim=victim: victim.id not in active()) - blow)
            taken["successor"].append(_until(lambda before=before: bool(active() - before)) - blow)
            time.sleep(0.3)
    lab.hearth("rm", "truth")
    return taken


def _until(holds) -> float:
    """The instant at which it holds, on the clock that time.monotonic() reads, within 2 ms."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < TOLD_WITHIN_S, "the database does not say so"
        time.sleep(0.002)
    return time.monotonic()
