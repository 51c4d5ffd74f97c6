"""./dev bench services: how fast, and at what cost, a node watches its services.

log_rules   lines of 120 bytes judged per second on one core (processor time), with 1, 20 and 200 rules; one
            line in a thousand matches. 'Hardest': 180 of the 200 patterns have a gap (.*) that most lines enter,
            so that the states to tell apart do not fit into the patterns' memory. From the text of a line to what follows from it: the patterns
            (adapters/log_match) and the rules (core/log_rules), without an engine.

In the lab, with real servers, engines and Kafka:

container_restart   kill -9 of a container's process, until the fresh container's first instruction; beside Docker's own --restart=always and a
                    bare client (./dev bench recovery tells how). On the bridge, and with the host's network.
agent_memory        PSS and processor time of an agent as if alone on its machine: with 10 containers, 100, and 10 beside one that writes 10,000
                    lines a second; all with logs followed, rules and probes. Where the memory is, with the first 10, is a table in
                    build/bench/agent_memory.md: by mapping, and its heap beside that of a bare Kafka client and of an agent
                    without containers.
action              from a bad line to the signal that stops its container, while another one on the node writes 50,000 lines a second.
                    Written into the key log_rules.
db_truth            kill -9 of a container's process, until no row of service_status calls it ACTIVE (inactive), and until a row names its
                    successor (p50, p99).

Each part writes its own key of build/bench/services.json and leaves the others as they are.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.lab import watching
from bench.lab.labs import BenchLab, alone
from bench.lab.memory_parts import markdown
from bench.lab.restarts import container_restart, stamp_context
from tests.lab.harness.lab import LabConfig
from tests.lab.harness.privilege import again_as_root, interrupted_by_sigterm
from tools import kafka
from tools.dev import build, setup
from tools.dev.paths import BUILD
from tools.dev.processes import run
from tools.dev.terminal import Failure, Parser, bold, error, say

OUT = BUILD / "bench"
RESULT = OUT / "services.json"
MEMORY_TABLE = OUT / "agent_memory.md"
BIN = build.folder() / "bin"

LOG_RULES_PROGRAM = "hearth_log_rules_bench"
MEASUREMENTS = {"lines_per_s_1": "ordinary/1", "lines_per_s_20": "ordinary/20", "lines_per_s_200": "ordinary/200",
                "lines_per_s_200_hardest": "hardest/200"}
LINES_PER_S_MIN = 1_000_000  # With 20 rules.

RATIO_TO_DOCKER_MAX, PSS_MAX_MIB, CPU_MAX_PERCENT, ACTION_MAX_MS, TRUE_P50_MAX_S, TRUE_P99_MAX_S = 1.0, 7.5, 0.3, 100, 0.5, 1.0
SPELL_S = 30
NOISY_LINES_PER_S = 50_000
FRAIL, KILLED = 20, 30  # So many containers are restarted by a rule, and killed.

Figures = dict[str, float]


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, and, if it has one, its bound and whether it holds."""

    what: str
    value: str
    bound: str = ""
    holds: bool = True

    def __str__(self) -> str:
        return f"   {self.what:28} {self.value:>22}   {self.bound}{'' if self.holds else ': missed'}".rstrip()


@dataclass(frozen=True)
class Part:
    measure: Callable[[int], Figures]  # Is given the number of repetitions.
    rows: Callable[[Figures], list[Row]]
    in_lab: bool = False
    key: str = ""  # In the file; empty: the part's name.


def _build_with_benchmark(program: str) -> None:
    if not (build.folder() / "bench" / "services" / "CMakeFiles" / f"{program}.dir").exists():
        run(["cmake", "--preset", build.DEFAULT_PRESET], "configuring")  # The library was missing at the last configuration.
    build.build([program])


def log_rules_figures(report: dict) -> Figures:
    """From the library's report: the medians of the repetitions (it has none of a single one), in processor time."""
    medians = {one["run_name"]: one for one in report["benchmarks"] if one.get("aggregate_name") == "median"}
    return {key: round(medians[f"log_rules/{name}"]["items_per_second"]) for key, name in MEASUREMENTS.items()}


def log_rules_rows(figures: Figures) -> list[Row]:
    rows = [Row(f"log rules, {name}", f"{figures[key]:,.0f} lines/s") for key, name in MEASUREMENTS.items()]
    enough = figures["lines_per_s_20"] >= LINES_PER_S_MIN
    rows[1] = replace(rows[1], bound=f"at least {LINES_PER_S_MIN:,} lines/s", holds=enough)
    return rows


def _measure_log_rules(repetitions: int) -> Figures:
    setup.ensure("build", "bench")
    _build_with_benchmark(LOG_RULES_PROGRAM)
    done = subprocess.run([build.program(LOG_RULES_PROGRAM), "--benchmark_format=json",
                           f"--benchmark_repetitions={max(repetitions, 2)}", "--benchmark_report_aggregates_only=true"],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure(f"{LOG_RULES_PROGRAM} failed (exit {done.returncode})")
    return log_rules_figures(json.loads(done.stdout))


# -- in the lab


def _measure_container_restart(rounds: int) -> Figures:
    figures: Figures = {}
    with BenchLab(LabConfig(nodes=1, bin_dir=BIN, power=False)) as lab:
        for network, prefix in (("bridge", ""), ("host", "host_")):
            context = stamp_context(OUT / f"stamp-{network}")
            (context / "hearth.yaml").write_text(f"name: unnamed\nnetwork: {network}\n")
            median = container_restart(lab, context, rounds)
            figures |= {f"{prefix}{who}_s": round(taken, 3) for who, taken in median.items()}
            figures[f"{prefix}ratio_to_docker"] = round(median["hearth"] / median["docker"], 3)
    return figures


def container_restart_rows(figures: Figures) -> list[Row]:
    rows = []
    for name, prefix in (("", ""), (", host network", "host_")):
        ratio = figures[f"{prefix}ratio_to_docker"]
        times = ", ".join(f"{who} {figures[f'{prefix}{who}_s']:.3f}" for who in ("floor", "docker", "hearth"))
        rows.append(Row(f"container restart{name}", f"{ratio:.2f} of Docker's", f"at most {RATIO_TO_DOCKER_MAX} (s: {times})", ratio <= RATIO_TO_DOCKER_MAX))
    return rows


def _measure_agent_memory(_: int) -> Figures:
    private = OUT / "alone"
    with BenchLab(alone(BIN, private)) as lab:
        figures, parts = watching.agent_memory(lab, OUT / "watched", SPELL_S)
    MEMORY_TABLE.write_text(markdown(parts))
    return figures


def agent_memory_rows(figures: Figures) -> list[Row]:
    rows = []
    for name, suffix in (("10 containers", ""), ("100 containers", "_100"), ("10, and 10,000 lines/s", "_10000_lines")):
        pss, cpu = figures[f"pss_mib{suffix}"], figures[f"cpu_percent{suffix}"]
        rows.append(Row(f"agent, {name}", f"{pss:.1f} MiB, {cpu:.2f} %"))
    holds = figures["pss_mib"] <= PSS_MAX_MIB and figures["cpu_percent"] <= CPU_MAX_PERCENT
    rows[0] = replace(rows[0], bound=f"at most {PSS_MAX_MIB} MiB, {CPU_MAX_PERCENT} % of a core", holds=holds)
    return [*rows, Row("where its memory is", str(MEMORY_TABLE.relative_to(BUILD.parent)))]


def _measure_action(_: int) -> Figures:
    with BenchLab(LabConfig(nodes=1, bin_dir=BIN, power=False)) as lab:
        taken = watching.action_times(lab, OUT / "watched", FRAIL, NOISY_LINES_PER_S)
    return {"action_ms_p50": round(1000 * statistics.median(taken), 1), "action_ms_p99": round(1000 * watching.quantile(taken, 0.99), 1)}


def action_rows(figures: Figures) -> list[Row]:
    p99 = figures["action_ms_p99"]
    return [Row("bad line to action, p50, p99", f"{figures['action_ms_p50']:.0f}, {p99:.0f} ms", f"at most {ACTION_MAX_MS} ms", p99 <= ACTION_MAX_MS)]


def _measure_db_truth(_: int) -> Figures:
    with BenchLab(LabConfig(nodes=3, bin_dir=BIN, power=False)) as lab:
        taken = watching.truth_times(lab, stamp_context(OUT / "stamp"), KILLED)
    p50, p99 = (round(watching.quantile(taken["successor"], share), 3) for share in (0.5, 0.99))
    return {"p50_s": p50, "p99_s": p99, **{f"inactive_{name}_s": round(watching.quantile(taken["inactive"], share), 3)
                                          for name, share in (("p50", 0.5), ("p99", 0.99))}}


def db_truth_rows(figures: Figures) -> list[Row]:
    p50, p99 = figures["p50_s"], figures["p99_s"]
    return [Row("row names the successor", f"{p50:.3f}, {p99:.3f} s", f"p50 at most {TRUE_P50_MAX_S} s, p99 at most {TRUE_P99_MAX_S} s",
                p50 <= TRUE_P50_MAX_S and p99 <= TRUE_P99_MAX_S),
            Row("row no longer ACTIVE", f"{figures['inactive_p50_s']:.3f}, {figures['inactive_p99_s']:.3f} s", "p50, p99")]


PARTS = {
    "log_rules": Part(_measure_log_rules, log_rules_rows),
    "container_restart": Part(_measure_container_restart, container_restart_rows, in_lab=True),
    "agent_memory": Part(_measure_agent_memory, agent_memory_rows, in_lab=True),
    "action": Part(_measure_action, action_rows, in_lab=True, key="log_rules"),
    "db_truth": Part(_measure_db_truth, db_truth_rows, in_lab=True),
}


def merge(file: Path, found: dict[str, Figures]) -> None:
    """Adds figures to those of the file; other keys, also within a part, keep their values."""
    known = json.loads(file.read_text()) if file.exists() else {}
    for part, figures in found.items():
        known[part] = {**known.get(part, {}), **figures}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=2) + "\n")


def main(argv: list[str]) -> int:
    parser = Parser(prog="./dev bench services", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--repetitions", type=int, default=5, help="repetitions of each; the median counts (default: 5)")
    args = parser.parse_args(argv)
    for part in args.part:
        if part not in PARTS:
            raise Failure(f"no part '{part}'; there are {', '.join(PARTS)}", code=2)
    names = args.part or list(PARTS)
    if any(PARTS[name].in_lab for name in names):
        setup.ensure("build", "run", "kafka")
        kafka.fetch()  # Files that root fetched would belong to root.
        build.build(build.PROGRAMS)
    if os.geteuid() != 0 and any(PARTS[name].in_lab for name in names):
        return again_as_root("bench.services", argv)
    holds = True
    for name in names:
        part = PARTS[name]
        say(bold(f"== {name}"))
        try:
            with interrupted_by_sigterm():
                figures = part.measure(args.repetitions)
        except AssertionError as unseen:
            error(f"not measured: {unseen}")
            holds = False
            continue
        merge(RESULT, {part.key or name: figures})
        for row in part.rows(figures):
            say(str(row))
            holds = holds and row.holds
    say(f"   ({RESULT.relative_to(BUILD.parent)})")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
