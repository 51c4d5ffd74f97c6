"""./dev fuzz: runs one fuzz target for a while, from a seed of its own each time."""

import argparse
from pathlib import Path

from tools.dev import build
from tools.dev.paths import ROOT
from tools.dev.processes import status_of
from tools.dev.terminal import Failure
from tools.dev.verbs import Verb

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
SECONDS_DEFAULT = 60


def targets(corpus: Path = CORPUS) -> list[str]:
    """Each target has a folder in the corpus, of its name."""
    return sorted(folder.name for folder in corpus.iterdir() if folder.is_dir())


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, at least 1, not '{text}'")
    return int(text)


def _run(args: argparse.Namespace) -> int:
    if args.target not in targets():
        raise Failure(f"there is no fuzz target '{args.target}': {', '.join(targets())}", code=2)
    program = f"hearth_{args.target}_fuzz"
    build.build([program], preset=args.preset)
    return status_of([build.program(program, args.preset), CORPUS / args.target, "--seconds", str(args.seconds)])


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help=", ".join(targets()))
    parser.add_argument("seconds", metavar="SECONDS", nargs="?", type=_seconds, default=SECONDS_DEFAULT,
                        help=f"for how long (default: {SECONDS_DEFAULT})")
    parser.add_argument("--preset", choices=build.presets(), default=build.DEFAULT_PRESET,
                        help=f"the build to use; asan also finds reads past an end (default: {build.DEFAULT_PRESET})")


VERBS = [
    Verb("fuzz", "Run one fuzz target on mutations of its corpus, for some seconds.",
         ["./dev fuzz log_stream 30               from another seed each time; a failure names its own",
          "./dev fuzz heartbeat 600 --preset asan  the same, with the sanitizers"],
         _run, _arguments),
]
