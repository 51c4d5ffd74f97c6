"""Verbs that prepare the machine and then run another part: hearth itself, the lab, Kafka, a benchmark."""

import argparse
import importlib
import os
import signal
import subprocess
from pathlib import Path

from tools.dev import build, setup
from tools.dev.engine import ensure_engine
from tools.dev.paths import BUILD, ROOT
from tools.dev.terminal import Failure, say
from tools.dev.verbs import Verb
from tools.kafka import fetch


def _call(module: str, argv: list[str]) -> int:
    """Calls main(argv) of one of our own modules."""
    try:
        main = importlib.import_module(module).main
    except ModuleNotFoundError as missing:
        if missing.name and module.startswith(missing.name):
            raise Failure(f"this checkout has no {module.replace('.', '/')}.py") from None
        raise
    return int(main(argv) or 0)


def _asks_for_help(argv: list[str]) -> bool:
    return not argv or "--help" in argv or "-h" in argv


def follow(command: list[str | Path], env: dict[str, str]) -> int:
    """Runs the program in our place, in our working folder: signals are passed on to it. Returns its exit code."""
    if not Path(command[0]).exists():
        raise Failure(f"the build made no {command[0]}")
    signal.signal(signal.SIGINT, lambda *_: None)  # The terminal's Ctrl-C reaches it as well.
    with subprocess.Popen([str(part) for part in command], env=env) as process:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: process.send_signal(number))
        code = process.wait()
    return 128 - code if code < 0 else code


def _run(args: argparse.Namespace) -> int:
    setup.ensure("build", "run")
    build.build([*build.PROGRAMS, "example_heater_control"])  # No tests: a new user waits for this.
    with ensure_engine() as engine:
        env = {**os.environ, "DOCKER_HOST": engine.docker_host}
        command = [build.program("hearth"), "dev", "--tour", "--state", args.state or BUILD / "run",
                   "--app", build.folder() / "examples" / "heater-control"]
        return follow([*command, *(["--exit"] if args.exit else []), *args.more], env)


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--exit", action="store_true", help="exit after the tour: 0 only if every step was observed")
    parser.add_argument("--state", metavar="DIR", help="the state folder of the manager and the nodes (default: build/run)")
    parser.add_argument("more", nargs="*", metavar="-- ARGUMENT", help="arguments for 'hearth dev' itself")


def _lab(args: argparse.Namespace) -> int:
    if "up" in args.rest and not _asks_for_help(args.rest):
        setup.ensure("build", "run", "kafka")
        fetch()  # The lab runs as root, and files that root fetched would belong to root.
        if not {"--bin", "--bare"} & set(args.rest):
            build.build(build.PROGRAMS)
    return _call("tests.lab.harness.cli", args.rest)


def _kafka(args: argparse.Namespace) -> int:
    if not _asks_for_help(args.rest):
        setup.ensure("kafka")
    return _call("tools.kafka", args.rest)


# These measure real servers, and may restart themselves as root. The others prepare themselves.
_BENCHES_OF_THE_LAB = {"recovery"}


def _bench(args: argparse.Namespace) -> int:
    known = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if path.stem != "__init__")
    name, *rest = args.rest or [""]
    if name in ("--help", "-h"):
        say(_BENCH.parser().format_help())
        return 0
    if name not in known:
        raise Failure(f"which benchmark? ./dev bench {'|'.join(known)}", code=2)
    if name in _BENCHES_OF_THE_LAB and not _asks_for_help(args.rest):
        setup.ensure("build", "run", "kafka")
        fetch()
        if "--bin" not in rest:
            build.build(build.PROGRAMS)
    return _call(f"bench.{name}", rest)


_BENCH = Verb("bench", "Run a benchmark, which prints a table and writes build/bench/NAME.json.",
              ["./dev bench core              the cost of the manager's decisions in large clusters",
               "./dev bench sim               how much faster than real time a cluster is simulated",
               "./dev bench services          how fast services are watched, and at what cost",
               "./dev bench recovery          how fast Hearth recovers from failures, in the lab",
               "./dev bench recovery --help   its options"], _bench, passes_on=True)

VERBS = [
    Verb("run", "Start Hearth on this machine, with three nodes, an example and a tour. Ctrl-C ends everything.",
         ["./dev run                             stays up until Ctrl-C",
          "./dev run --exit                      exits after the tour",
          "./dev run -- --fresh                  starts over, without the state of earlier runs",
          "./dev run -- --kafka 127.0.0.1:9092   with a real broker"], _run, _run_arguments),
    Verb("lab", "Run real servers on this machine, each with its own engine, address and agent.",
         ["./dev lab up --nodes 3", "./dev lab sh node1", "./dev lab hearth status", "./dev lab down"], _lab, passes_on=True),
    Verb("kafka", "Start or stop a real Kafka broker.", ["./dev kafka up", "./dev kafka down"], _kafka, passes_on=True),
    _BENCH,
]
