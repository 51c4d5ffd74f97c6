"""./dev bench sim: how much faster than real time a cluster is simulated.

hearth-sim plays ordinary days of ten nodes with a few workloads: the shells that ship, with real bytes on
the bus. One thread; processor time, so that a busy machine measures the same. Measures twice: without
checks of the cores, which is the cost of a history, and with a check after each step, as in the tests.
"""

import argparse
import json
import os
import re
import resource
import subprocess
from pathlib import Path

from tools.dev import build, setup
from tools.dev.paths import BUILD
from tools.dev.terminal import Failure, Parser, bold, say

OUT = BUILD / "bench" / "sim.json"
PROGRAM = "hearth-sim"
TIMES_MIN = 2000
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds_of(words: str) -> float:
    """The seconds in a duration as our programs print it, "1 h 2 m"."""
    parts = re.findall(r"([0-9.]+) (ms|h|m|s)\b", words)
    if not parts:
        raise Failure(f"'{words}' is not a duration")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _times_real_time(program: Path, histories: int, *flags: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    played = subprocess.run([program, "--scenario", "ordinary", "--seed", "1", "--seeds", str(histories), *flags],
                            text=True, stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if played.returncode != 0:
        raise Failure(f"an ordinary day broke a promise:\n{played.stdout}")
    took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return seconds_of(played.stdout.rsplit("simulated", 1)[1]) / took


def main(argv: list[str]) -> int:
    parser = Parser(prog="./dev bench sim", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=20, help="number of days (default: 20)")
    args = parser.parse_args(argv)
    setup.ensure("build")
    build.build([PROGRAM])
    program = build.program(PROGRAM)
    figures = {"nodes": 10, "times_real_time": round(_times_real_time(program, args.histories, "--unchecked")),
               "times_real_time_checked": round(_times_real_time(program, args.histories)),
               "times_real_time_min": TIMES_MIN}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2) + "\n")
    holds = figures["times_real_time"] >= TIMES_MIN
    say(bold(f"{figures['times_real_time']:,} × real time") + f" for ten nodes on one core (at least {TIMES_MIN:,})"
        + ("" if holds else ": too slow"))
    say(f"{figures['times_real_time_checked']:,} × with each core checked after each of its steps")
    say(f"figures: {os.path.relpath(OUT)}")
    return 0 if holds else 1
