"""./dev kafka up | down | status | kill | pause | resume."""

import argparse
import time
from pathlib import Path

from tools.dev.terminal import Parser, say
from tools.kafka.broker import Broker
from tools.kafka.fetching import fetch

DEFAULT_PORT = 9092


def _up(broker: Broker, args: argparse.Namespace) -> int:
    if broker.pid():
        return _status(broker, args)
    dist = fetch()
    begin = time.monotonic()
    broker.up(dist, args.port or (0 if broker.address() else DEFAULT_PORT))
    say(f"Kafka answers at {broker.address()} after {time.monotonic() - begin:.1f} s (pid {broker.pid()}, "
        f"in {broker.folder}); stop it with: ./dev kafka down")
    return 0


def _status(broker: Broker, _: argparse.Namespace) -> int:
    pid = broker.pid()
    say(f"Kafka runs at {broker.address()} (pid {pid}, in {broker.folder})" if pid else "Kafka does not run")
    return 0 if pid else 1


def _ended(broker: Broker, how: str) -> int:
    """Ends the broker and reports it; a broker that does not run is not a failure."""
    if pid := broker.pid():
        getattr(broker, how)()
        say(f"Kafka (pid {pid}): {how}")
    else:
        say("Kafka does not run")
    return 0


def _needs_it(broker: Broker, how: str) -> int:
    if not broker.pid():
        return _status(broker, argparse.Namespace())
    return _ended(broker, how)


VERBS = {
    "up": ("start the broker; fetches it first if necessary", _up),
    "down": ("stop it; its data is kept for the next start", lambda broker, _: _ended(broker, "down")),
    "status": ("show where it runs; exit code 1 if it does not", _status),
    "kill": ("end it like a power cut", lambda broker, _: _needs_it(broker, "kill")),
    "pause": ("stall it: connections stay open, nothing is answered", lambda broker, _: _needs_it(broker, "pause")),
    "resume": ("resume a stalled broker", lambda broker, _: _needs_it(broker, "resume")),
}


def main(argv: list[str]) -> int:
    verbs = "\n".join(f"  {name:8}{summary}" for name, (summary, _) in VERBS.items())
    parser = Parser(
        prog="./dev kafka", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"A real Kafka broker for this checkout, without authorization, on loopback.\n\n{verbs}",
        epilog="examples:\n  ./dev kafka up\n  ./dev kafka up --port 19092\n  ./dev kafka pause; sleep 5; ./dev kafka resume")
    parser.add_argument("verb", choices=VERBS, metavar="VERB")
    parser.add_argument("--port", type=int, default=0, help=f"(up) port to listen on (default: that of the last run, or {DEFAULT_PORT})")
    parser.add_argument("--folder", type=Path, default=Broker().folder, help="the broker's folder (default: build/kafka/broker)")
    args = parser.parse_args(argv)
    return VERBS[args.verb][1](Broker(args.folder), args)
