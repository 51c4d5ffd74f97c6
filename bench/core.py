"""./dev bench core: the cost of the manager's decisions, in the largest clusters.

Measures the manager's core alone, on simulated time and driven as its shell drives it (bench/core),
without a machine, broker or clock. Processor time on one core.

step    per heartbeat, with everything due between two of them, at 100, 1,000 and 10,000 nodes with ten
        instances each.
loss    of 10,000 nodes with 100,000 instances, 100 nodes with 1,000 instances die at once: all steps
        until each of these instances has a place elsewhere, without other nodes' heartbeats.
place   instances of many workloads placed one after the other on 10,000 nodes.
"""

import argparse
import json
import subprocess

from tools.dev import build, setup
from tools.dev.paths import BUILD
from tools.dev.processes import run
from tools.dev.terminal import Failure, say

PROGRAM = "hearth_core_bench"
RESULT = BUILD / "bench" / "core.json"
SIZES = (100, 1_000, 10_000)

STEP_NS_MAX = 2_000  # At the largest size.
STEP_GROWTH_MAX = 4  # Of the largest size over the smallest.
LOSS_S_MAX = 1.0
PLACE_PER_S_MIN = 50_000


def _build() -> None:
    if not (build.folder() / "bench" / "core" / "CMakeFiles" / f"{PROGRAM}.dir").exists():
        run(["cmake", "--preset", build.DEFAULT_PRESET], "configuring")  # The library was missing at the last configuration.
    build.build([PROGRAM])


def figures(report: dict) -> dict:
    """From the library's report: the medians of the repetitions, in processor time."""
    runs = {one["run_name"]: one for one in report["benchmarks"] if one.get("aggregate_name") == "median"}
    per_s = {size: runs[f"step/{size}"]["items_per_second"] for size in SIZES}
    return {"step_ns": {str(size): round(1e9 / per_s[size]) for size in SIZES},
            "loss_s": round(next(one for name, one in runs.items() if name.startswith("loss"))["real_time"] / 1e3, 3),
            "place_per_s": round(next(one for name, one in runs.items() if name.startswith("place"))["items_per_second"])}


def table(found: dict) -> list[str]:
    step = found["step_ns"]
    largest, smallest = step[str(SIZES[-1])], step[str(SIZES[0])]
    rows = [(f"step, {size:,} nodes", f"{step[str(size)]:,} ns per heartbeat", "") for size in SIZES]
    rows[-1] = (*rows[-1][:2], f"at most {STEP_NS_MAX:,} ns")
    rows.append(("step, growth", f"{largest / smallest:.1f} x", f"at most {STEP_GROWTH_MAX} x"))
    rows.append(("loss of 100 nodes", f"{found['loss_s']:.3f} s", f"at most {LOSS_S_MAX:.0f} s"))
    rows.append(("place", f"{found['place_per_s']:,} /s", f"at least {PLACE_PER_S_MIN:,} /s"))
    return [f"   {what:22} {value:>24}   {bound}".rstrip() for what, value, bound in rows]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench core", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5, help="repetitions of each; the median counts (default: 5)")
    args = parser.parse_args(argv)
    setup.ensure("build", "bench")
    _build()
    done = subprocess.run([build.program(PROGRAM), "--benchmark_format=json", f"--benchmark_repetitions={max(args.repetitions, 2)}",
                           "--benchmark_report_aggregates_only=true"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failure(f"{PROGRAM} failed (exit {done.returncode})")
    found = figures(json.loads(done.stdout))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2) + "\n")
    for line in table(found):
        say(line)
    say(f"   ({RESULT.relative_to(BUILD.parent)})")
    return 0
