"""./dev VERB …: finds the verb and runs it."""

import difflib
import signal
import sys
from pathlib import Path

if not __package__:  # Started as a script, from any folder: import from the checkout.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tools.dev import build, check, fuzz, hand_over, mutants, setup, sim, suites, tidy_up  # noqa: E402
from tools.dev.terminal import Failure, error, say  # noqa: E402
from tools.dev.verbs import overview  # noqa: E402

VERBS = [*setup.VERBS, *build.VERBS, *suites.VERBS, *check.VERBS, *fuzz.VERBS, *mutants.VERBS, *sim.VERBS, *hand_over.VERBS, *tidy_up.VERBS]


def main(argv: list[str]) -> int:
    if not argv or argv[0] in ("help", "--help", "-h"):
        say(overview(VERBS))
        return 0
    name, *rest = argv
    for verb in VERBS:
        if verb.name == name:
            return verb.start(rest)
    near = difflib.get_close_matches(name, [verb.name for verb in VERBS], n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    error(f"there is no verb '{name}'. {hint}./dev help lists all verbs")
    return 2


def _leave(number: int, _: object) -> None:
    # Unwinding stops the engine and everything else that was started.
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        error(str(failure))
        sys.exit(failure.code)
    except KeyboardInterrupt:
        error("interrupted")
        sys.exit(130)
