"""The simulator's verb: plays histories, and compares those of two revisions, trace by trace."""

import argparse
import concurrent.futures
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.dev import build, setup
from tools.dev.paths import BUILD, ROOT
from tools.dev.processes import output_of, run, status_of
from tools.dev.terminal import Failure, say, timed
from tools.dev.verbs import Verb

PROGRAM = "hearth-sim"
SEEDS_DEFAULT = 500
_SEEDS_A_PIECE = 50
_DIFFERENCES_SHOWN = 5

Hashes = dict[tuple[str, int], str]


def _program_of(revision: str) -> Path:
    """hearth-sim of `revision`: built once, in a checkout of its own, and kept by its commit."""
    commit = output_of(["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]).strip()
    if not commit:
        raise Failure(f"there is no revision '{revision}' here", code=2)
    kept = BUILD / "sim" / commit[:12] / PROGRAM
    if kept.exists():
        return kept
    checkout = BUILD / "sim" / "checkout"
    _remove_checkout(checkout)
    run(["git", "worktree", "add", "--quiet", "--detach", checkout, commit], "checking it out")
    try:
        with timed(f"building {PROGRAM} of {commit[:12]}"):
            run(["cmake", "--preset", build.DEFAULT_PRESET, "-DBUILD_TESTING=OFF"], "configuring", cwd=checkout)
            made = checkout / "build" / build.DEFAULT_PRESET
            run(["ninja", "-C", made, f"-j{setup.jobs()}", PROGRAM], "the build")
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made / "bin" / PROGRAM, kept)
    finally:
        _remove_checkout(checkout)
    return kept


def _remove_checkout(checkout: Path) -> None:
    shutil.rmtree(checkout, ignore_errors=True)
    run(["git", "worktree", "prune"], "tidying up")


def scenarios_of(program: Path) -> list[str]:
    listed = re.search(r"^Scenarios:\s+([a-z, \n-]+?)(?:\.|\n\n|\Z)", output_of([program, "--help"]), re.MULTILINE)
    if not listed:
        raise Failure(f"{program} does not list its scenarios: that revision is too old")
    return re.findall(r"[a-z-]+", listed.group(1))


def read_hashes(lines: Iterable[str]) -> Hashes:
    """The hash of each history, by scenario and seed, together with the promise it broke, if any."""
    found: Hashes = {}
    for line in lines:
        scenario, seed, trace = line.split(" ", 2)
        found[(scenario, int(seed))] = trace.strip()
    return found


def _play(program: Path, scenario: str, first: int, count: int, words: Path | None) -> Hashes:
    command = [program, "--hashes", "--scenario", scenario, "--seed", str(first), "--seeds", str(count)]
    done = subprocess.run([str(part) for part in [*command, *(["--words", words] if words else [])]],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    if done.returncode not in (0, 1):  # 1: a promise was broken; its line says which.
        raise Failure(f"{program} failed (exit {done.returncode}): {done.stderr.strip()}")
    return read_hashes(done.stdout.splitlines())


def hashes(program: Path, scenarios: Iterable[str], seeds: int, words: Path | None = None) -> Hashes:
    pieces = [(scenario, first, min(_SEEDS_A_PIECE, seeds + 1 - first))
              for scenario in scenarios for first in range(1, seeds + 1, _SEEDS_A_PIECE)]
    found: Hashes = {}
    with concurrent.futures.ThreadPoolExecutor(setup.jobs()) as pool:
        for piece in pool.map(lambda one: _play(program, *one, words), pieces):
            found.update(piece)
    return found


def differences(then: Hashes, now: Hashes) -> dict[str, list[int]]:
    """The seeds whose histories differ, by scenario; includes scenarios without any."""
    found: dict[str, list[int]] = {scenario: [] for scenario, _ in [*then, *now]}
    for scenario, seed in sorted({*then, *now}):
        if then.get((scenario, seed)) != now.get((scenario, seed)):
            found[scenario].append(seed)
    return found


def _compare(then: Path, now: Path, args: argparse.Namespace) -> int:
    listed = scenarios_of(then)
    scenarios = args.scenario or listed
    if unknown := [name for name in scenarios if name not in listed]:
        raise Failure(f"there is no scenario '{unknown[0]}' at {args.against}: {', '.join(listed)}", code=2)
    with timed(f"{args.seeds} seeds of each of {len(scenarios)} scenarios, at {args.against} and here"):
        found = differences(hashes(then, scenarios, args.seeds, args.words), hashes(now, scenarios, args.seeds))
    for scenario, seeds in found.items():
        shown = ", ".join(map(str, seeds[:_DIFFERENCES_SHOWN])) + (", …" if len(seeds) > _DIFFERENCES_SHOWN else "")
        say(f"   {scenario:18} {args.seeds - len(seeds):6} the same" + (f", {len(seeds)} differ: seeds {shown}" if seeds else ""))
    differ = sum(map(len, found.values()))
    say(f"{args.seeds * len(scenarios) - differ} histories are the same, {differ} differ")
    return 1 if differ else 0


def _hashes(args: argparse.Namespace) -> int:
    if args.words and not args.against:
        raise Failure("--words requires --against REV, the revision whose words it maps", code=2)
    build.build([PROGRAM])
    now = build.program(PROGRAM)
    if args.against:
        return _compare(_program_of(args.against), now, args)
    for (scenario, seed), trace in hashes(now, args.scenario or scenarios_of(now), args.seeds).items():
        say(f"{scenario} {seed} {trace}")
    return 0


def _run(args: argparse.Namespace) -> int:
    build.build([PROGRAM])
    return status_of([build.program(PROGRAM), *args.more])


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    runs = actions.add_parser("run", help="play histories: arguments after -- go to hearth-sim")
    runs.add_argument("more", nargs="*", metavar="-- ARGUMENT")
    runs.set_defaults(run=_run)
    compare = actions.add_parser("hashes", help="print the hash of each history, or compare with a revision")
    compare.add_argument("--against", metavar="REV", help="the revision to compare with; exit 1 if any history differs")
    compare.add_argument("--seeds", type=_positive, default=SEEDS_DEFAULT, help=f"number of seeds of each scenario (default: {SEEDS_DEFAULT})")
    compare.add_argument("--scenario", action="append", metavar="NAME", help="only this scenario; may be repeated (default: all)")
    compare.add_argument("--words", type=Path, metavar="FILE", help="lines 'FROM => TO': a word of REV, and the word that replaces it here")
    compare.set_defaults(run=_hashes)


VERBS = [
    Verb("sim", "Simulate whole clusters, and compare their histories with those of another revision.",
         ["./dev sim run -- --seed 42                    play one history and print it",
          "./dev sim hashes --against HEAD~3             which histories a change affects",
          "./dev sim hashes --against main --seeds 5000  the same, with more seeds",
          "./dev sim hashes --against main --words FILE  the same, ignoring renamed words"],
         lambda args: args.run(args), _arguments),
]
