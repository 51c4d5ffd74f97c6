"""./dev fuzz: runs fuzz targets for a while, each from a seed of its own each time."""

import argparse
import concurrent.futures
import subprocess
from pathlib import Path

from tools.dev import build, setup
from tools.dev.paths import ROOT
from tools.dev.processes import status_of
from tools.dev.terminal import Failure, bold, say
from tools.dev.verbs import Verb

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
ALL = "all"
SECONDS_DEFAULT = 60


def targets(corpus: Path = CORPUS) -> list[str]:
    """Each target has a folder in the corpus, of its name."""
    return sorted(folder.name for folder in corpus.iterdir() if folder.is_dir())


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, at least 1, not '{text}'")
    return int(text)


def _program_of(target: str) -> str:
    return f"hearth_{target}_fuzz"


def _run(args: argparse.Namespace) -> int:
    if args.target not in (ALL, *targets()):
        raise Failure(f"there is no fuzz target '{args.target}': {', '.join(targets())}, or {ALL}", code=2)
    chosen = targets() if args.target == ALL else [args.target]
    build.build([_program_of(target) for target in chosen], preset=args.preset)
    if len(chosen) == 1:
        return 1 if status_of(_command(chosen[0], args)) != 0 else 0
    failed = []
    with concurrent.futures.ThreadPoolExecutor(setup.jobs()) as pool:
        for target, done in zip(chosen, pool.map(lambda each: _output_of(_command(each, args)), chosen)):
            say(bold(f"== {target}"))
            say(done.stdout.rstrip())
            if done.returncode != 0:
                failed.append(target)
    say(f"{len(chosen) - len(failed)} targets passed, {len(failed)} failed" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _command(target: str, args: argparse.Namespace) -> list[str | Path]:
    return [build.program(_program_of(target), args.preset), CORPUS / target, "--seconds", str(args.seconds)]


def _output_of(command: list[str | Path]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=ROOT, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help=f"{', '.join(targets())}; {ALL}: each of them")
    parser.add_argument("seconds", metavar="SECONDS", nargs="?", type=_seconds, default=SECONDS_DEFAULT,
                        help=f"for how long each (default: {SECONDS_DEFAULT})")
    parser.add_argument("--preset", choices=build.presets(), default=build.DEFAULT_PRESET,
                        help=f"the build to use; asan also finds reads past an end (default: {build.DEFAULT_PRESET})")


VERBS = [
    Verb("fuzz", "Run fuzz targets on mutations of their corpora, for some seconds.",
         ["./dev fuzz log_stream 30               from another seed each time; a failure names its own",
          "./dev fuzz all 5                       each of them for that long, some at a time",
          "./dev fuzz heartbeat 600 --preset asan  the same, with the sanitizers"],
         _run, _arguments),
]
