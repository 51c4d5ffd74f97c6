"""clang-tidy over the sources, with a cache of clean verdicts.

Debian's clang-tidy also matches the standard library's headers and takes three times as long. The one that is used comes
from Python's package index, in the version and with the hash that clang-tidy.txt states.

A file's verdict depends on the tool, its settings, the compile command and the contents of everything
the file includes; ninja knows the includes from the last build. A clean verdict is cached under the
hash of all that, in the user's cache folder and without the checkout's path, so that a second clone
reuses it. A complaint is never cached.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tools.dev import build, setup
from tools.dev.paths import ROOT
from tools.dev.processes import output_of, run
from tools.dev.terminal import say, timed

_REQUIREMENTS = Path(__file__).with_name("clang-tidy.txt")
# The precompiled header is for the compiler only; clang reads the header itself instead.
_ARGUMENTS = ("--quiet", "--extra-arg=-Wno-ignored-gch")
_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hearth"
CACHE = _CACHES / "tidy"
_KEPT_MAX = 5000


def tool() -> Path:
    """clang-tidy, installed into a folder of its own if this version of it is not there yet."""
    requirements = _REQUIREMENTS.read_text()
    folder = _CACHES / f"clang-tidy-{hashlib.sha256(requirements.encode()).hexdigest()[:12]}"
    complete = folder / "complete"
    if not complete.exists():
        with timed("installing clang-tidy"):
            shutil.rmtree(folder, ignore_errors=True)
            run([sys.executable, "-m", "venv", folder], "making a folder for clang-tidy")
            run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps",
                 "--require-hashes", "-r", _REQUIREMENTS], "installing clang-tidy")
            complete.touch()
    return folder / "bin" / "clang-tidy"


@dataclass(frozen=True)
class Unit:
    source: Path
    command: str
    headers: tuple[str, ...]


def units(preset: str = build.DEFAULT_PRESET) -> list[Unit]:
    """Our sources compiled by the last build, except tests: their macros cost minutes and find nothing."""
    folder = build.folder(preset)
    headers = _headers_by_object(folder)
    listed = json.loads((folder / "compile_commands.json").read_text())
    found = []
    for entry in listed:
        source = Path(entry["file"])
        if (ROOT / "src") in source.parents and not source.name.endswith("_test.cc"):
            target = match.group(1) if (match := re.search(r" -o (\S+)", entry["command"])) else ""
            found.append(Unit(source, entry["command"], headers.get(target, ())))
    return sorted(found, key=lambda unit: unit.source)


def _headers_by_object(folder: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for block in output_of(["ninja", "-C", folder, "--quiet", "-t", "deps"]).split("\n\n"):
        first, *rest = block.splitlines() or [""]
        found[first.split(":")[0]] = tuple(str((folder / line.strip()).resolve()) for line in rest)
    return found


def settings_of(source: Path) -> list[str]:
    """The settings files that apply to a source: those of its folder and of each parent."""
    above = (folder / ".clang-tidy" for folder in source.parents if folder == ROOT or ROOT in folder.parents)
    return [str(file) for file in above if file.exists()]


class Keys:
    """Cache keys of verdicts. Each file is read once, however many sources include it."""

    def __init__(self, tool: Path) -> None:
        self._version = output_of([tool, "--version"])
        self._files: dict[str, str] = {}

    def of(self, unit: Unit) -> str | None:
        """None if the includes of the source are unknown, so that nothing can be cached."""
        if not unit.headers:
            return None
        parts = [self._version, *map(self._file, settings_of(unit.source)), unit.command.replace(str(ROOT), "@"),
                 *map(self._file, sorted({*unit.headers, str(unit.source)}))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _file(self, path: str) -> str:
        if path not in self._files:
            try:
                self._files[path] = f"{path.removeprefix(str(ROOT))} {hashlib.sha256(Path(path).read_bytes()).hexdigest()}"
            except OSError:
                self._files[path] = f"{path} gone"
        return self._files[path]


def check(preset: str = build.DEFAULT_PRESET) -> list[str]:
    """The complaints, each once (many sources include one header). Prints its progress."""
    program = tool()
    keys = Keys(program)
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = [(unit, keys.of(unit)) for unit in units(preset)]
    fresh = [(unit, key) for unit, key in wanted if not (key and (CACHE / key).exists())]
    say(f"   {len(wanted) - len(fresh)} of {len(wanted)} sources known to be clean, {len(fresh)} to check")
    done, lock = 0, threading.Lock()

    def look(unit: Unit, key: str | None) -> str:
        nonlocal done
        complaint = _run_tidy(program, unit, preset)
        if not complaint and key:
            (CACHE / key).touch()
        with lock:
            done += 1
            say(f"   [{done}/{len(fresh)}] {unit.source.relative_to(ROOT)}{' has complaints' if complaint else ''}")
        return complaint

    with concurrent.futures.ThreadPoolExecutor(setup.jobs()) as pool:
        said = "\n".join(pool.map(lambda pair: look(*pair), fresh))
    _forget_oldest()
    return list(dict.fromkeys(each.strip() for each in re.split(r"(?m)^(?=\S+:\d+:\d+: (?:error|warning))", said) if each.strip()))


def _run_tidy(program: Path, unit: Unit, preset: str) -> str:
    done = subprocess.run([program, "-p", str(build.folder(preset)), *_ARGUMENTS, str(unit.source)],
                          cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return "" if done.returncode == 0 else (done.stdout or done.stderr).replace(f"{ROOT}/", "").strip()


def _forget_oldest() -> None:
    kept = sorted(CACHE.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_KEPT_MAX]:
        path.unlink(missing_ok=True)
