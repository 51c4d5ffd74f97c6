"""./dev mutants: breaks Hearth on purpose, and expects a test to notice.

A mutant is one source file with one small change. It is compiled alone, with the command by which the build compiles the
file, and linked into a copy of its test in front of the libraries, so that the linker takes the changed object and not the
one in them. Sources and build stay as they are.
"""

import argparse
import datetime
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.dev import build
from tools.dev.paths import BUILD, ROOT
from tools.dev.processes import output_of
from tools.dev.sim import PROGRAM as SIMULATOR
from tools.dev.terminal import Failure, bold, say, timed
from tools.dev.verbs import Verb

LIST = ROOT / "tools" / "dev" / "mutants.toml"
FOLDER = BUILD / "mutants"
A_TURN = 3
SEEDS_DEFAULT = 5
# A mutant that makes its test run on for this long is caught.
RUN_S_MAX = 120
COMPILE_S_MAX = 300
_KEYS = {"name", "file", "from", "to", "why", "test", "filter", "scenario", "seeds"}


@dataclass(frozen=True)
class Mutant:
    name: str
    file: Path  # Below src/.
    before: str
    after: str
    why: str
    program: str
    arguments: tuple[str, ...]

    def source(self, src: Path) -> str:
        """The file with the change; a Failure unless its place is found once."""
        try:
            text = (src / self.file).read_text()
        except FileNotFoundError:
            raise Failure(f"mutant '{self.name}': there is no file src/{self.file}", code=2) from None
        found = text.count(self.before)
        if found != 1:
            raise Failure(f"mutant '{self.name}': its text occurs {found} times in src/{self.file}, and must occur once: "
                          f"{self.before.strip()}", code=2)
        return text.replace(self.before, self.after)


def _mutant_of(entry: dict[str, object], where: Path) -> Mutant:
    name = str(entry.get("name", "?"))
    if unknown := sorted(entry.keys() - _KEYS):
        raise Failure(f"{where.name}: mutant '{name}' has an unknown key '{unknown[0]}'; known are {', '.join(sorted(_KEYS))}", code=2)
    if missing := sorted({"name", "file", "from", "to", "why"} - entry.keys()):
        raise Failure(f"{where.name}: mutant '{name}' lacks '{missing[0]}'", code=2)
    if ("test" in entry) == ("scenario" in entry):
        raise Failure(f"{where.name}: mutant '{name}' must have either 'test' or 'scenario'", code=2)
    if not str(entry["file"]).endswith(".cc"):
        raise Failure(f"{where.name}: mutant '{name}' must change a .cc file, not '{entry['file']}': it is compiled alone", code=2)
    if "test" in entry:
        program = str(entry["test"])
        arguments = ("--gtest_brief=1", *([f"--gtest_filter={entry['filter']}"] if "filter" in entry else []))
    else:
        program = SIMULATOR
        arguments = ("--scenario", str(entry["scenario"]), "--seeds", str(entry.get("seeds", SEEDS_DEFAULT)))
    return Mutant(name, Path(str(entry["file"])), str(entry["from"]), str(entry["to"]), str(entry["why"]), program, arguments)


def read(file: Path = LIST) -> list[Mutant]:
    try:
        entries = tomllib.loads(file.read_text()).get("mutant", [])
    except tomllib.TOMLDecodeError as wrong:
        raise Failure(f"{file.name}: {wrong}", code=2) from None
    mutants = [_mutant_of(entry, file) for entry in entries]
    names = [mutant.name for mutant in mutants]
    if twice := [name for name in names if names.count(name) > 1]:
        raise Failure(f"{file.name}: there are two mutants '{twice[0]}'", code=2)
    return mutants


def chosen(mutants: Sequence[Mutant], names: Sequence[str]) -> list[Mutant]:
    known = {mutant.name: mutant for mutant in mutants}
    if unknown := [name for name in names if name not in known]:
        raise Failure(f"there is no mutant '{unknown[0]}': {', '.join(known)}", code=2)
    return [known[name] for name in names] or list(mutants)


def turn(mutants: Sequence[Mutant], number: int) -> list[Mutant]:
    """A_TURN of them, others in the next turn, all of them in as many turns as it takes."""
    first = number * A_TURN % len(mutants)
    return [*mutants[first:], *mutants[:first]][:A_TURN]


def today() -> int:
    return datetime.date.today().toordinal()


# The build's own commands. ---------------------------------------------------------------------------------------------------

def compile_command(commands: Sequence[str], source: Path, changed: Path, made: Path) -> list[str]:
    """By which the build compiles `source`, for `changed` instead. What breaks may leave something unused: no warning is an error."""
    for command in commands:
        words = shlex.split(command)
        if "-c" not in words or words[words.index("-c") + 1] != str(source):
            continue
        words[words.index("-c") + 1] = str(changed)
        words[words.index("-o") + 1] = str(made)
        words = [word for word in words if word != "-Werror"]
        if "-MF" in words:
            words[words.index("-MF") + 1] = f"{made}.d"
        return words
    raise Failure(f"the build of the target does not compile {source}: the mutant's test cannot notice it", code=2)


def link_command(commands: Sequence[str], program: str, changed: Path, made: Path) -> list[str]:
    """By which the build links the program, with `changed` in front of the libraries."""
    for command in reversed(commands):
        words = [word for word in shlex.split(command) if word not in (":", "&&")]
        if "-o" not in words or words[words.index("-o") + 1] != f"bin/{program}":
            continue
        words[words.index("-o") + 1] = str(made)
        first = next((place for place, word in enumerate(words) if word.endswith(".a")), len(words))
        return [*words[:first], str(changed), *words[first:]]
    raise Failure(f"the build does not link '{program}'", code=2)


def _do(command: Sequence[str], what: str) -> None:
    try:
        done = subprocess.run(command, cwd=build.folder(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMPILE_S_MAX)
    except subprocess.TimeoutExpired:
        raise Failure(f"{what}: not done after {COMPILE_S_MAX} s", code=2) from None
    if done.returncode != 0:
        raise Failure(f"{what} (exit {done.returncode}):\n{done.stdout.strip()[-2000:]}", code=2)


def make(mutant: Mutant) -> Path:
    """The mutant's test program, with the change."""
    folder = FOLDER / mutant.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    changed = folder / mutant.file.name
    changed.write_text(mutant.source(ROOT / "src"))
    commands = output_of(["ninja", "-C", build.folder(), "-t", "commands", mutant.program]).splitlines()
    object_file, program = folder / "changed.o", folder / mutant.program
    _do(compile_command(commands, ROOT / "src" / mutant.file, changed, object_file), f"mutant '{mutant.name}' does not compile")
    _do(link_command(commands, mutant.program, object_file, program), f"mutant '{mutant.name}' does not link")
    return program


# Running. --------------------------------------------------------------------------------------------------------------------

def what_failed(program: Path, arguments: Sequence[str], limit_s: float = RUN_S_MAX) -> str:
    """In words; empty if nothing did."""
    try:
        done = subprocess.run([program, *arguments], cwd=ROOT, text=True, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return f"not done after {limit_s:.0f} s"
    if done.returncode == 0:
        return ""
    if done.returncode == 2 and program.name == SIMULATOR:
        raise Failure(f"{shlex.join([program.name, *arguments])}: {done.stdout.strip()}", code=2)
    named = re.findall(r"^\[  FAILED  \] (\S+?\.[^\s,]+)|^seed \d+ of '\S+' breaks '(\S+)'", done.stdout, re.MULTILINE)
    if named:
        return named[0][0] or named[0][1]
    return f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"


def try_all(mutants: Sequence[Mutant]) -> int:
    for mutant in mutants:
        mutant.source(ROOT / "src")  # Nothing is built if one of them is out of date.
    build.build(sorted({mutant.program for mutant in mutants}))
    for program, arguments in sorted({(mutant.program, mutant.arguments) for mutant in mutants}):
        if failed := what_failed(build.program(program), arguments):
            raise Failure(f"{shlex.join([program, *arguments])} fails without a mutant, too: {failed}", code=2)
    survivors = []
    with timed(f"{len(mutants)} mutants"):
        for mutant in mutants:
            program = make(mutant)
            failed = what_failed(program, mutant.arguments)
            if not failed:
                survivors.append(mutant)
            say(f"   caught    {mutant.name:30} by {failed}" if failed else
                bold(f"   SURVIVED  {mutant.name:30} {mutant.program} {shlex.join(mutant.arguments)}: {mutant.why}"))
            shutil.rmtree(FOLDER / mutant.name, ignore_errors=True)
    say(f"{len(mutants) - len(survivors)} caught, {len(survivors)} survived")
    return 1 if survivors else 0


def _run(args: argparse.Namespace) -> int:
    mutants = chosen(read(), args.name)
    if args.list:
        for mutant in mutants:
            say(f"{mutant.name:30} {mutant.file}: {mutant.why}")
        return 0
    if args.turn is not None:
        mutants = turn(mutants, today() if args.turn == "today" else int(args.turn))
    return try_all(mutants)


def _turn(text: str) -> str:
    if text != "today" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be 'today' or a number, not '{text}'")
    return text


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="*", help="only these mutants (default: all of them)")
    parser.add_argument("--turn", type=_turn, metavar="N",
                        help=f"only {A_TURN} of them: those of turn N, a number, or 'today' for the day's")
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")


VERBS = [
    Verb("mutants", "Break Hearth on purpose, one small change at a time, and expect a test to notice.",
         ["./dev mutants                     each of tools/dev/mutants.toml; exit 1 if one survives",
          "./dev mutants no-hold-off         one",
          "./dev mutants --turn today        three of them, other ones each day: what CI runs",
          "./dev mutants --list              their names, and what goes wrong"],
         _run, _arguments),
]
