"""./dev bench services: how fast, and at what cost, a node watches its services.

log_rules   lines of 120 bytes judged per second on one core (processor time), with 1, 20 and 200 rules; one
            line in a thousand matches. 'Hardest': 180 of the 200 patterns have a gap (.*) that most lines enter,
            so that the states to tell apart do not fit into the patterns' memory. From the text of a line to what follows from it: the patterns
            (adapters/log_match) and the rules (core/log_rules), without an engine.

Each part writes its own key of build/bench/services.json and leaves the others as they are.
"""

import argparse
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tools.dev import build, setup
from tools.dev.paths import BUILD
from tools.dev.processes import run
from tools.dev.terminal import Failure, Parser, say

RESULT = BUILD / "bench" / "services.json"

LOG_RULES_PROGRAM = "hearth_log_rules_bench"
MEASUREMENTS = {"lines_per_s_1": "ordinary/1", "lines_per_s_20": "ordinary/20", "lines_per_s_200": "ordinary/200",
                "lines_per_s_200_hardest": "hardest/200"}
LINES_PER_S_MIN = 1_000_000  # With 20 rules.

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


def _build_with_benchmark(program: str) -> None:
    if not (build.folder() / "bench" / "services" / "CMakeFiles" / f"{program}.dir").exists():
        run(["cmake", "--preset", build.DEFAULT_PRESET], "configuring")  # The library was missing at the last configuration.
    build.build([program])


def log_rules_figures(report: dict) -> Figures:
    """From the library's report: the medians of the repetitions, in processor time."""
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
                           f"--benchmark_repetitions={repetitions}", "--benchmark_report_aggregates_only=true"],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure(f"{LOG_RULES_PROGRAM} failed (exit {done.returncode})")
    return log_rules_figures(json.loads(done.stdout))


PARTS = {"log_rules": Part(_measure_log_rules, log_rules_rows)}


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
    holds = True
    for name in args.part or PARTS:
        figures = PARTS[name].measure(args.repetitions)
        merge(RESULT, {name: figures})
        for row in PARTS[name].rows(figures):
            say(str(row))
            holds = holds and row.holds
    say(f"   ({RESULT.relative_to(BUILD.parent)})")
    return 0 if holds else 1
