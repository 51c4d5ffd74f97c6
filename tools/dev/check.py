"""./dev check and ./dev format: what a reviewer should not have to point out."""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path

from tools.dev import build, setup, source_checks, tidy
from tools.dev.paths import ROOT
from tools.dev.terminal import error, say, timed
from tools.dev.verbs import Verb

FORMAT = "clang-format-19"
_FORMATTED = ("src", "tests", "bench")


def _formatted_files() -> list[Path]:
    return [path for folder in _FORMATTED for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".h", ".cc")]


def _format_complaints() -> list[str]:
    done = subprocess.run([FORMAT, "--dry-run", *_formatted_files()], cwd=ROOT, text=True, stderr=subprocess.PIPE)
    files = dict.fromkeys(line.split(":")[0] for line in done.stderr.splitlines() if "[-Wclang-format-violations]" in line)
    return [f"{Path(file).relative_to(ROOT)}: not formatted; run ./dev format" for file in files]


def _layer_complaints() -> list[str]:
    # A tree that breaks the layering does not configure: see cmake/HearthModule.cmake.
    build.build()
    return []


CHECKS: dict[str, Callable[[], list[str]]] = {
    "format": _format_complaints,
    "sources": lambda: [str(finding) for finding in source_checks.find(ROOT)],
    "layers": _layer_complaints,
    "tidy": tidy.check,
}


def _check(args: argparse.Namespace) -> int:
    setup.ensure("build", "check")
    failed = []
    for name in args.check or CHECKS:
        with timed(f"check {name}"):
            if name == "tidy" and args.check:
                build.build()  # tidy reads the include dependencies from the build.
            complaints = CHECKS[name]()
        if complaints:
            failed.append(name)
        for complaint in complaints:
            say(complaint)
    if failed:
        error(f"check failed: {', '.join(failed)}")
        return 1
    say("check: no complaints")
    return 0


def _format(_: argparse.Namespace) -> int:
    setup.ensure("check")
    before = _format_complaints()
    subprocess.run([FORMAT, "-i", *_formatted_files()], cwd=ROOT, check=True)
    say(f"{len(before)} files changed")
    return 0


VERBS = [
    Verb("check", "Check the format, the source rules and the layers, and run clang-tidy.", ["./dev check              all checks", "./dev check sources      one check, in a second"], _check,
         lambda parser: parser.add_argument("check", nargs="*", choices=[*CHECKS, []], metavar="CHECK", help=", ".join(CHECKS)) and None),
    Verb("format", "Format the C++ sources.", ["./dev format"], _format),
]
