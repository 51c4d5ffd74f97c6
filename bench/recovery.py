"""./dev bench recovery: how soon what died runs again, and what the supervision costs.

In the lab: real servers with engines of their own, real Kafka. All times are between two readings of
one clock, CLOCK_MONOTONIC, which all processes of the machine share, including those in containers: one
just before the signal is sent, and one by the fresh container's own first instruction
(bench/floor/stamp.c). So all contestants are timed in the same way, and none by its own report.

container_restart   kill -9 of a container's process. Floor: a bare client that holds an event stream of
                    the engine, and at `die` creates and starts a container of the same image and settings.
                    Docker: the same container with --restart=always. Each round measures all three on the
                    same server; medians.
node_death          kill -9 of a server's process 1, the image already on the others. The servers have no
                    power switch: restarting the dead one would use processors that the survivors, on
                    real hardware, have for themselves. Both liveness profiles.
agent_memory        An agent as if alone on its machine: with private copies of its libraries, because in
                    the lab others would map the same pages, and PSS divides shared pages. For comparison a
                    bare librdkafka client, measured in the same way.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.lab.bare_client import bare_client
from bench.lab.labs import BenchLab, alone
from bench.lab.processes import Spell
from bench.lab.restarts import begun_after, container_restart, stamp_context
from tests.lab.harness.docker_api import Engine, EngineError
from tests.lab.harness.lab import Lab, LabConfig
from tests.lab.harness.observing import WORKLOAD_LABEL
from tests.lab.harness.privilege import again_as_root, interrupted_by_sigterm
from tests.lab.harness.waiting import wait_for
from tools.dev import build
from tools.dev.paths import BUILD
from tools.dev.terminal import Parser, bold, error, say

OUT = BUILD / "bench"
RATIO_MAX, DEFAULT_MAX_S, FAST_MAX_S, PSS_MAX_MIB, CPU_MAX_PERCENT = 1.3, 2.6, 1.5, 7.0, 0.3
IDLE_CONTAINERS = 10


# -- node_death


def node_death(lab: Lab, context: Path, runs: int) -> dict:
    name = "survivor"
    lab.deploy(context, name)
    _image_on_all(lab, name)
    taken = []
    for number in range(1, runs + 1):
        victim = lab.wait_until(name).runs(1).nodes[0]
        others = [node.engine for other, node in lab.nodes.items() if other != victim]
        time.sleep(3)  # All nodes send heartbeats, and the image is known everywhere.
        blow = lab.power_cut(victim)
        taken.append(begun_after(others, f"{WORKLOAD_LABEL}={name}", blow))
        say(f"   {number}: {victim} without power, running elsewhere after {taken[-1]:.3f} s")
        lab.power_on(victim)
        lab.wait_until_all_live(60)
        _settled(lab, name)
    lab.hearth("rm", name)
    return {"runs": [_round(each) for each in taken], "median": _round(statistics.median(taken))}


def _image_on_all(lab: Lab, name: str) -> None:
    """Puts the image on every node on which Hearth has not put it."""
    home = lab.node(lab.containers(name).nodes[0]).engine
    reference = home.inspect(lab.containers(name).containers[0].id)["Config"]["Image"]
    missing = [node for node in lab.nodes.values() if not _has_image(node.engine, reference)]
    if missing:
        archive = home.call("GET", f"/images/{reference}/get", timeout_s=60)
        for node in missing:
            node.engine.call("POST", "/images/load", body=archive, timeout_s=60)
        time.sleep(12)  # An agent reports its inventory at least every ten seconds.


def _has_image(engine: Engine, reference: str) -> bool:
    try:
        return bool(engine.call("GET", f"/images/{reference}/json"))
    except EngineError:
        return False


def _settled(lab: Lab, name: str) -> None:
    """One container, and the same one for a while."""
    def quiet() -> bool:
        seen = lab.wait_until(name).runs(1)
        time.sleep(2)
        return lab.containers(name).ids == seen.ids
    wait_for(f"'{name}' has settled", quiet, bool, 60, lab.describe)


# -- agent_memory


def agent_memory(lab: Lab, context: Path, idle_s: float, private: Path) -> tuple[dict, dict]:
    """PSS and CPU of the agent and of the bare client over the same time."""
    lab.deploy(context, "idle", instances=IDLE_CONTAINERS)
    with bare_client(lab, private) as bare:
        time.sleep(10)  # The start is over.
        agent = lab.unit_pid("node1", "hearth-agent")
        assert agent, "the agent does not run"
        watched = {"agent": Spell(agent), "floor": Spell(bare)}
        for _ in range(round(idle_s)):
            time.sleep(1)
            for spell in watched.values():
                spell.sample()
        reported = {who: spell.reported() for who, spell in watched.items()}
    assert len(lab.node("node1").running("idle")) == IDLE_CONTAINERS
    return reported["agent"], reported["floor"]


# -- all of it


def measure(args: argparse.Namespace) -> dict:
    context = stamp_context(OUT / "stamp")
    result = {}
    if {"container_restart", "node_death"} & set(args.only):
        with BenchLab(LabConfig(nodes=3, bin_dir=args.bin, power=False)) as lab:
            if "container_restart" in args.only:
                say(bold("== container_restart"))
                median = container_restart(lab, context, args.rounds)
                result["container_restart"] = {**{f"{who}_s": _round(taken) for who, taken in median.items()},
                                               "ratio": _round(median["hearth"] / median["floor"])}
            if "node_death" in args.only:
                result["node_death"] = {}
                for profile in ("default", "fast"):
                    say(bold(f"== node_death, profile {profile}"))
                    lab.configure(profile=profile)
                    result["node_death"][f"{profile}_s"] = node_death(lab, context, args.runs)
    if "agent_memory" in args.only:
        say(bold("== agent_memory"))
        private = OUT / "alone"
        with BenchLab(alone(args.bin, private)) as lab:
            result["agent_memory"], args.floor = agent_memory(lab, context, args.idle, private)
    return result


def table(result: dict, floor: dict | None) -> list[tuple[str, str, bool]]:
    rows = []
    if restart := result.get("container_restart"):
        rows += [("container restart: floor", f"{restart['floor_s']:.3f} s", True),
                 ("  docker --restart=always", f"{restart['docker_s']:.3f} s   ({restart['docker_s'] / restart['floor_s']:.2f} of the floor)", True),
                 ("  Hearth", f"{restart['hearth_s']:.3f} s   ({restart['ratio']:.2f} of the floor; wanted: at most {RATIO_MAX})", restart["ratio"] <= RATIO_MAX)]
    for profile, wanted in (("default", DEFAULT_MAX_S), ("fast", FAST_MAX_S)):
        if death := result.get("node_death", {}).get(f"{profile}_s"):
            runs = " ".join(f"{each:.2f}" for each in death["runs"])
            rows.append((f"server death, profile {profile}", f"{death['median']:.2f} s    (of {runs}; wanted: at most {wanted})", death["median"] <= wanted))
    if memory := result.get("agent_memory"):
        rows.append((f"agent, {IDLE_CONTAINERS} containers: PSS", f"{memory['pss_mib']:.1f} MiB  (wanted: at most {PSS_MAX_MIB:g})", memory["pss_mib"] <= PSS_MAX_MIB))
        rows.append(("  CPU", f"{memory['cpu_percent']:.2f} %    (of a core; wanted: at most {CPU_MAX_PERCENT})", memory["cpu_percent"] <= CPU_MAX_PERCENT))
        if floor:
            rows.append(("  a bare librdkafka client", f"{floor['pss_mib']:.1f} MiB, {floor['cpu_percent']:.2f} %", True))
    return rows


def _round(seconds: float) -> float:
    return round(seconds, 3)


PARTS: dict[str, Callable] = {"container_restart": container_restart, "node_death": node_death, "agent_memory": agent_memory}


def main(argv: Sequence[str]) -> int:
    parser = Parser(prog="./dev bench recovery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7, help="rounds of container_restart (default: 7)")
    parser.add_argument("--runs", type=int, default=5, help="runs of node_death, for each profile (default: 5)")
    parser.add_argument("--idle", type=float, default=60, metavar="SECONDS", help="how long the idle agent is measured (default: 60)")
    parser.add_argument("--bin", type=Path, default=build.folder() / "bin", help="folder with hearth, hearthd, hearth-agent")
    args = parser.parse_args(argv)
    args.bin, args.floor = args.bin.resolve(), None
    if os.geteuid() != 0:
        return again_as_root("bench.recovery", argv)
    try:
        with interrupted_by_sigterm():
            result = measure(args)
    except AssertionError as unseen:
        error(f"not measured: {unseen}")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / "recovery.json"
    before = json.loads(file.read_text()) if file.exists() and set(args.only) != set(PARTS) else {}
    file.write_text(json.dumps({**before, **result}, indent=2) + "\n")
    say()
    rows = table(result, args.floor)
    for what, seen, good in rows:
        say(f"   {what:30} {seen}{'' if good else '   MISSED'}")
    say(f"   in {file.relative_to(BUILD.parent)}")
    return 0 if all(good for _, _, good in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
