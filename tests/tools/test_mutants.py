"""./dev mutants: what it reads, how it makes a mutant, and what it says of the test."""

import shlex
from pathlib import Path

import pytest

from tools.dev import mutants
from tools.dev.main import main
from tools.dev.paths import ROOT
from tools.dev.terminal import Failure

ONE = """[[mutant]]
name = "one"
file = "core/a.cc"
from = "a < b"
to = "a <= b"
why = "it is wrong"
test = "hearth_core_a_test"
"""


def listed(tmp_path: Path, text: str) -> list[mutants.Mutant]:
    file = tmp_path / "mutants.toml"
    file.write_text(text)
    return mutants.read(file)


def script(tmp_path: Path, name: str, text: str) -> Path:
    made = tmp_path / name
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    return made


def test_every_mutant_fits_its_file() -> None:
    for mutant in mutants.read():
        assert mutant.source(ROOT / "src") != (ROOT / "src" / mutant.file).read_text(), mutant.name


def test_every_test_and_scenario_exists() -> None:
    built = {f"hearth_{folder.name}" for folder in (ROOT / "src").glob("*/*") if folder.is_dir()}
    scenarios = (ROOT / "src/sim/scenario.cc").read_text()
    for mutant in mutants.read():
        if mutant.program == mutants.SIMULATOR:
            assert f'"{mutant.arguments[1]}"' in scenarios
        else:
            assert mutant.program.startswith("hearth_core_") and mutant.program.endswith("_test"), mutant.name
            assert mutant.program.replace("core_", "").removesuffix("_test") in built, mutant.name


@pytest.mark.parametrize("text, why", [
    (ONE + "color = 1\n", "has an unknown key 'color'"),
    (ONE.replace('why = "it is wrong"\n', ""), "lacks 'why'"),
    (ONE + 'scenario = "random"\n', "either 'test' or 'scenario'"),
    (ONE.replace("a.cc", "a.h"), "must change a .cc file"),
    (ONE + ONE, "two mutants 'one'"),
    ("[[mutant]", "mutants.toml: "),
])
def test_a_list_that_is_wrong_is_refused(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=why) as refused:
        listed(tmp_path, text)
    assert refused.value.code == 2


@pytest.mark.parametrize("source, times", [("a > b;", 0), ("a < b; a < b;", 2)])
def test_a_text_that_is_not_found_once_is_an_error(source: str, times: int, tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.cc").write_text(source)
    with pytest.raises(Failure, match=f"occurs {times} times in src/core/a.cc") as refused:
        listed(tmp_path, ONE)[0].source(tmp_path)
    assert refused.value.code == 2


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no file src/core/a.cc"):
        listed(tmp_path, ONE)[0].source(tmp_path)


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no mutant 'two': one"):
        mutants.chosen(listed(tmp_path, ONE), ["two"])


def test_the_turns_reach_every_mutant() -> None:
    every = mutants.read()
    turns = -(-len(every) // mutants.A_TURN)
    for first in (0, mutants.today()):
        met = {mutant.name for number in range(turns + 1) for mutant in mutants.turn(every, first + number)}
        assert met == {mutant.name for mutant in every}
        assert len(mutants.turn(every, first)) == mutants.A_TURN


@pytest.mark.parametrize("turn", ["-1", "tomorrow", "1.5"])
def test_a_turn_that_is_none_is_refused(turn: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["mutants", "--turn", turn])
    assert refused.value.code == 2
    assert "'today' or a number" in capsys.readouterr().err or turn == "-1"


COMMANDS = [
    "/usr/bin/c++ -I/src -O2 -MD -MT a.o -MF a.o.d -o a.o -c /src/core/a.cc",
    "/usr/bin/c++ -I/src -O2 -MD -MT b.o -MF b.o.d -o b.o -c /src/core/b.cc",
    ": && /usr/bin/ar qc liba.a a.o && :",
    ": && /usr/bin/c++ -O2 b.o -o bin/hearth_core_a_test liba.a libbase.a -lfmt && :",
]


def test_only_the_changed_file_is_compiled() -> None:
    made = mutants.compile_command(COMMANDS, Path("/src/core/a.cc"), Path("/m/a.cc"), Path("/m/changed.o"))
    assert shlex.join(made) == "/usr/bin/c++ -I/src -O2 -MD -MT a.o -MF /m/changed.o.d -o /m/changed.o -c /m/a.cc"


def test_the_changed_object_comes_before_the_libraries() -> None:
    made = mutants.link_command(COMMANDS, "hearth_core_a_test", Path("/m/changed.o"), Path("/m/test"))
    assert shlex.join(made) == "/usr/bin/c++ -O2 b.o -o /m/test /m/changed.o liba.a libbase.a -lfmt"


def test_a_test_that_does_not_contain_the_file_is_an_error() -> None:
    with pytest.raises(Failure, match="its test cannot notice it|the mutant's test cannot notice it"):
        mutants.compile_command(COMMANDS, Path("/src/core/c.cc"), Path("/m/c.cc"), Path("/m/changed.o"))


@pytest.mark.parametrize("text, failed", [
    ("exit 0", ""),
    ("echo '[  FAILED  ] Rules.FireOnce (0 ms)'; exit 1", "Rules.FireOnce"),
    ("kill -ABRT $$", "signal 6"),
    ("exit 3", "exit 3"),
    ("sleep 30", "not done after 1 s"),
])
def test_says_what_failed(text: str, failed: str, tmp_path: Path) -> None:
    assert mutants.what_failed(script(tmp_path, "test", f"exec 2>&1; {text}"), [], limit_s=1) == failed


def test_a_broken_promise_is_what_failed_in_the_simulator(tmp_path: Path) -> None:
    program = script(tmp_path, "hearth-sim", "echo \"seed 7 of 'random' breaks 'settles':\"; exit 1")
    assert mutants.what_failed(program, []) == "settles"
    with pytest.raises(Failure, match="no scenario"):
        mutants.what_failed(script(tmp_path, mutants.SIMULATOR, "echo there is no scenario; exit 2"), [])


def trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, mutant: str) -> int:
    """Of ONE: how its test ends without it and with it."""
    (tmp_path / "src" / "core").mkdir(parents=True)
    (tmp_path / "src" / "core" / "a.cc").write_text("a < b")
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "FOLDER", tmp_path / "made")
    monkeypatch.setattr(mutants.build, "build", lambda targets: None)
    monkeypatch.setattr(mutants.build, "program", lambda name: script(tmp_path, "unchanged", program))
    monkeypatch.setattr(mutants, "make", lambda one: script(tmp_path, "changed", mutant))
    return mutants.try_all(listed(tmp_path, ONE))


def test_a_mutant_whose_test_fails_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trial(monkeypatch, tmp_path, "exit 0", "exit 1") == 0
    assert "1 caught, 0 survived" in capsys.readouterr().out


def test_a_survivor_is_named_with_what_goes_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trial(monkeypatch, tmp_path, "exit 0", "exit 0") == 1
    said = capsys.readouterr().out
    assert "SURVIVED  one" in said and "it is wrong" in said and "0 caught, 1 survived" in said


def test_a_test_that_fails_anyway_catches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="fails without a mutant, too: exit 1") as refused:
        trial(monkeypatch, tmp_path, "exit 1", "exit 1")
    assert refused.value.code == 2
