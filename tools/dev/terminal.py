"""The output of ./dev: plain lines, one sentence per failure."""

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
    """The verb cannot continue. The message is shown as it is; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code


def say(line: str = "") -> None:
    """Prints a line. Exits if standard output cannot be written: its reader is gone (| head), or the disk is full."""
    try:
        print(line, flush=True)
    except OSError as failed:  # Unwinding ends what was started; its output is discarded.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        if isinstance(failed, BrokenPipeError):
            sys.exit(128 + signal.SIGPIPE)
        error(f"standard output cannot be written: {failed.strerror}")
        sys.exit(1)


class Parser(argparse.ArgumentParser):
    """Prints its help with say(): argparse itself hides a failure to write it."""

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
    """Prints what begins and, once it is done, how long it took."""
    say(bold(f"== {what}"))
    begin = time.monotonic()
    yield
    say(f"   {what}: {time.monotonic() - begin:.1f} s")
