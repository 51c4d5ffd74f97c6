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
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.floor.restarter import bare_restarter
from tests.lab.harness.docker_api import Engine, EngineError, EngineUnreachable
from tests.lab.harness.lab import Lab, LabConfig
from tests.lab.harness.names import Owner
from tests.lab.harness.observing import WORKLOAD_LABEL
from tests.lab.harness.privilege import again_as_root, interrupted_by_sigterm
from tests.lab.harness.waiting import wait_for
from tools.dev import build
from tools.dev.paths import BUILD
from tools.dev.terminal import Failure, Parser, bold, error, say

OUT = BUILD / "bench"
FLOOR = Path(__file__).resolve().parent / "floor"
RATIO_MAX, DEFAULT_MAX_S, FAST_MAX_S, PSS_MAX_MIB, CPU_MAX_PERCENT = 1.3, 2.6, 1.5, 7.0, 0.3
BENCH_LABEL = "hearth.bench"
IDLE_CONTAINERS = 10
# Shared by all processes even on the smallest server.
SYSTEM_LIBRARIES = ("libc.so", "libm.so", "ld-linux", "libpthread", "libdl.so", "librt.so", "libgcc_s", "libresolv")


# -- the moment a container's command begins


def stamp_context(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _compile(FLOOR / "stamp.c", folder / "stamp", "-static")
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY stamp /stamp\nENTRYPOINT ["/stamp"]\n')
    return folder


def _compile(source: Path, program: Path, *options: str) -> None:
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


# -- container_restart


def container_restart(lab: Lab, context: Path, rounds: int) -> dict:
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
    return {"floor_s": _round(median["floor"]), "docker_s": _round(median["docker"]), "hearth_s": _round(median["hearth"]),
            "ratio": _round(median["hearth"] / median["floor"])}


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
    status, assignment = "bench.status", "bench.assignment"
    for topic in (status, assignment):
        lab.bus.create_topic(topic)
    _compile(FLOOR / "bare_client.c", private / "bare_client", "-lrdkafka")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(private_libraries(private / "bare_client", private / "floor-lib"))}
    command = [private / "bare_client", lab.bus.address, status, assignment]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as bare:
        try:
            time.sleep(10)  # The start is over.
            agent = lab.unit_pid("node1", "hearth-agent")
            assert agent, "the agent does not run"
            watched = {"agent": Spell(agent), "floor": Spell(bare.pid)}
            for _ in range(round(idle_s)):
                time.sleep(1)
                for spell in watched.values():
                    spell.sample()
            reported = {who: spell.reported() for who, spell in watched.items()}
        finally:
            bare.kill()
    assert len(lab.node("node1").running("idle")) == IDLE_CONTAINERS
    return reported["agent"], reported["floor"]


class Spell:
    """One process over some time: median PSS, and the processor time of all its threads."""

    def __init__(self, pid: int):
        self._pid = pid
        self._begin, self._used = time.monotonic(), self._cpu_s()
        self._pss_kib: list[int] = []

    def sample(self) -> None:
        rollup = Path(f"/proc/{self._pid}/smaps_rollup").read_text()
        self._pss_kib.append(next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")))

    def reported(self) -> dict:
        """To be called while the process runs."""
        used = self._cpu_s() - self._used
        return {"pss_mib": round(statistics.median(self._pss_kib) / 1024, 2),
                "cpu_percent": round(100 * used / (time.monotonic() - self._begin), 3)}

    def _cpu_s(self) -> float:
        ticks = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def private_libraries(program: Path, folder: Path) -> Path:
    """Private copies of the libraries that the program links, except those that all processes share anyway."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout.splitlines():
        found = [word for word in line.split() if word.startswith("/")]
        if found and not any(shared in line for shared in SYSTEM_LIBRARIES):
            shutil.copy(found[0], folder / Path(found[0]).name)
    return folder


# -- all of it


def measure(args: argparse.Namespace) -> dict:
    context = stamp_context(OUT / "stamp")
    result = {}
    if {"container_restart", "node_death"} & set(args.only):
        with _lab("bench", LabConfig(nodes=3, bin_dir=args.bin, power=False)) as lab:
            if "container_restart" in args.only:
                say(bold("== container_restart"))
                result["container_restart"] = container_restart(lab, context, args.rounds)
            if "node_death" in args.only:
                result["node_death"] = {}
                for profile in ("default", "fast"):
                    say(bold(f"== node_death, profile {profile}"))
                    lab.configure(profile=profile)
                    result["node_death"][f"{profile}_s"] = node_death(lab, context, args.runs)
    if "agent_memory" in args.only:
        say(bold("== agent_memory"))
        private = OUT / "alone"
        shutil.rmtree(private, ignore_errors=True)
        shutil.copytree(args.bin, private, ignore=lambda _, names: [name for name in names if not name.startswith("hearth") or "test" in name])
        private_libraries(private / "hearth-agent", private / "lib")
        config = LabConfig(nodes=1, bin_dir=private, power=False, agent_environment={"LD_LIBRARY_PATH": "/opt/hearth/bin/lib"})
        with _lab("bench", config) as lab:
            result["agent_memory"], args.floor = agent_memory(lab, context, args.idle, private)
    return result


class _lab:
    def __init__(self, name: str, config: LabConfig):
        self._name, self._config = f"{name}-{os.getpid()}", config

    def __enter__(self) -> Lab:
        self._up = Lab.up(self._name, self._config, owner=Owner.this_process())
        return self._up

    def __exit__(self, kind, *_: object) -> None:
        if kind and issubclass(kind, AssertionError):
            self._up.save_artifacts(BUILD / "reports" / "bench")
        self._up.down()


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
