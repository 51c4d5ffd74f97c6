"""What ./dev says, and how it fails: plain lines, one sentence per failure."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Failure(Exception):
    """The verb cannot go on. The message is shown as it is; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code


def say(line: str = "") -> None:
    """Where standard output takes no more, all is over: who read along is gone (| head), or the disk is full."""
    try:
        print(line, flush=True)
    except OSError as failed:  # Unwinding ends what was started; what that says goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        if isinstance(failed, BrokenPipeError):
            sys.exit(128 + signal.SIGPIPE)
        error(f"standard output cannot be written: {failed.strerror}")
        sys.exit(1)


class Parser(argparse.ArgumentParser):
    """Says its help as everything is said: argparse itself hides that it could not be written."""

    def print_help(self, file: IO[str] | None = None) -> None:
        if file is None:
            say(self.format_help().rstrip("\n"))
        else:
            super().print_help(file)


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
