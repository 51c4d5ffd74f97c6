"""What ./dev says, and how it fails: plain lines, one sentence per failure."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Failure(Exception):
    """The verb cannot go on. The message is shown as it is; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code


def say(line: str = "") -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:  # Who read along is gone (| head). Unwinding ends what was started; what it says goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        sys.exit(128 + signal.SIGPIPE)


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if _COLOR else text


def error(line: str) -> None:
    print(f"./dev: {line}", file=sys.stderr, flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Says what begins, and how long it took once it is done."""
    say(bold(f"== {what}"))
    begin = time.monotonic()
    yield
    say(f"   {what}: {time.monotonic() - begin:.1f} s")
