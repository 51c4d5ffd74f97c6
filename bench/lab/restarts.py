"""How soon a container runs again after its process was killed: Hearth, Docker's own restart policy, and the least that it costs."""

import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.floor.restarter import bare_restarter
from tests.lab.harness.docker_api import Engine, EngineError, EngineUnreachable
from tests.lab.harness.lab import Lab
from tests.lab.harness.observing import WORKLOAD_LABEL
from tests.lab.harness.waiting import wait_for
from tools.dev.terminal import Failure, say

FLOOR = Path(__file__).resolve().parents[1] / "floor"
BENCH_LABEL = "hearth.bench"


def stamp_context(folder: Path) -> Path:
    """An application that prints when its command began to run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    compile_c(FLOOR / "stamp.c", folder / "stamp", "-static")
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY stamp /stamp\nENTRYPOINT ["/stamp"]\n')
    return folder


def compile_c(source: Path, program: Path, *options: str) -> None:
    done = subprocess.run(["cc", "-O2", "-o", program, source, *options], text=True, capture_output=True)
    if done.returncode != 0:
        raise Failure(f"cannot compile {source.name}: {done.stderr}")


def begun_after(engines: Sequence[Engine], label: str, blow_s: float, within_s: float = 30) -> float:
    """Seconds from the blow until a container with this label began to run."""
    def stamps() -> list[float]:
        found = []
        for engine in engines:
            try:
                for reported in engine.containers(everything=False, timeout_s=1, label=[label]):
                    words = engine.logs(reported["Id"], timeout_s=1).split()
                    found += [int(ns) / 1e9 for ns in words[1::2]]
            except (EngineError, EngineUnreachable):
                continue
        return [stamp for stamp in found if stamp > blow_s]
    return min(wait_for("a fresh container runs its command", stamps, bool, within_s)) - blow_s


def container_restart(lab: Lab, context: Path, rounds: int) -> dict[str, float]:
    """Medians in seconds: `floor`, `docker`, `hearth`. Each round measures all three on the same server."""
    times: dict[str, list[float]] = {"floor": [], "docker": [], "hearth": []}
    names = [f"restart{i}" for i in range(rounds)]  # One each: a second restart of the same one would be delayed.
    for name in names:
        lab.deploy(context, name)
    for number, name in enumerate(names, 1):
        container = lab.containers(name).containers[0]
        engine = lab.node(container.node).engine
        spec = _same_but_ours(engine.inspect(container.id))
        times["floor"].append(_floor_restart(lab, container.node, spec))
        times["docker"].append(_docker_restart(lab, container.node, spec))
        time.sleep(1)
        _, blow = lab.kill_container(name)
        times["hearth"].append(begun_after([engine], f"{WORKLOAD_LABEL}={name}", blow))
        say(f"   {number}: " + ", ".join(f"{who} {taken[-1]:.3f} s" for who, taken in times.items()))
    median = {who: statistics.median(taken) for who, taken in times.items()}
    for name in names:
        lab.hearth("rm", name)
    return median


def _same_but_ours(reported: dict) -> dict:
    """The spec of the container, without the labels by which Hearth would take it for its own."""
    config = reported["Config"]
    return {"Image": reported["Image"], "Env": config["Env"], "Labels": {BENCH_LABEL: "1"},
            "HostConfig": {**reported["HostConfig"], "RestartPolicy": {"Name": "no"}}}


def _floor_restart(lab: Lab, node: str, spec: dict) -> float:
    engine = lab.node(node).engine
    victim = _run(engine, spec)
    try:
        with bare_restarter(engine, victim, spec):
            time.sleep(1)
            blow = lab.kill_process_of(node, victim)
            return begun_after([engine], BENCH_LABEL, blow)
    finally:
        engine.remove(victim)


def _docker_restart(lab: Lab, node: str, spec: dict) -> float:
    engine = lab.node(node).engine
    always = {**spec["HostConfig"], "RestartPolicy": {"Name": "always"}}
    victim = _run(engine, {**spec, "HostConfig": always})
    try:
        time.sleep(1)
        blow = lab.kill_process_of(node, victim)
        return begun_after([engine], BENCH_LABEL, blow)
    finally:
        engine.remove(victim)


def _run(engine: Engine, spec: dict) -> str:
    container = engine.create(None, spec)
    engine.start(container)
    wait_for("it runs", lambda: engine.logs(container), lambda said: "started" in said, 10)
    return container
