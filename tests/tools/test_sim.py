"""How ./dev sim compares the histories of two revisions."""

import argparse
from pathlib import Path

import pytest

from bench.sim import seconds_of
from tools.dev import sim
from tools.dev.terminal import Failure


def program(tmp_path: Path, name: str, trace: str) -> Path:
    """A hearth-sim whose traces the shell makes: `trace` can use $scenario and $seed."""
    made = tmp_path / name
    made.write_text(f"""#!/bin/sh
if [ "$1" = --help ]; then echo 'Scenarios: random, partition.'; exit 0; fi
scenario=$3 seed=$5 last=$(($5 + $7 - 1)) words=$9
while [ $seed -le $last ]; do echo "$scenario $seed {trace}"; seed=$((seed + 1)); done
""")
    made.chmod(0o755)
    return made


def compare(then: Path, now: Path, **more: object) -> int:
    given = {"scenario": None, "seeds": 120, "against": "then", "words": None, **more}
    return sim._compare(then, now, argparse.Namespace(**given))


@pytest.mark.parametrize("help_text", ["Scenarios: random, power-cycle.", "Examples:\n  one\n\nScenarios:\n  random\n  power-cycle\n\nExit codes:"])
def test_the_scenarios_are_those_that_the_help_names(help_text: str, tmp_path: Path) -> None:
    made = tmp_path / "hearth-sim"
    made.write_text(f"#!/bin/sh\ncat <<'END'\n{help_text}\nEND\n")
    made.chmod(0o755)
    assert sim.scenarios_of(made) == ["random", "power-cycle"]


def test_equal_histories_are_counted_as_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = program(tmp_path, "same", "0abc$seed")
    assert compare(same, same) == 0
    assert "240 histories are the same, 0 differ" in capsys.readouterr().out


def test_a_history_that_differs_is_named_by_its_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    then = program(tmp_path, "then", "0abc")
    now = program(tmp_path, "now", "0ab$( [ $scenario$seed = partition77 ] && echo d || echo c )")
    assert compare(then, now) == 1
    said = capsys.readouterr().out
    assert "partition             119 the same, 1 differ: seeds 77" in said
    assert "random                120 the same" in said
    assert "239 histories are the same, 1 differ" in said


def test_a_broken_promise_makes_a_history_differ() -> None:
    then = sim.read_hashes(["random 1 00ff"])
    now = sim.read_hashes(["random 1 00ff breaks settles"])
    assert sim.differences(then, now) == {"random": [1]}


def test_a_history_missing_on_one_side_differs() -> None:
    assert sim.differences(sim.read_hashes(["random 1 00ff"]), {}) == {"random": [1]}


def test_words_are_mapped_only_for_the_older_revision(tmp_path: Path) -> None:
    words = tmp_path / "words"
    assert compare(program(tmp_path, "then", "0$words"), program(tmp_path, "now", f"0{words}"), words=words) == 0


def test_an_unknown_scenario_is_refused(tmp_path: Path) -> None:
    same = program(tmp_path, "same", "0abc")
    with pytest.raises(Failure, match="there is no scenario 'nonsense' at then: random, partition"):
        compare(same, same, scenario=["nonsense"])


def test_a_failing_program_is_a_failure(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\n[ \"$1\" = --help ] && echo 'Scenarios: random.' && exit 0\necho oops >&2; exit 2\n")
    broken.chmod(0o755)
    with pytest.raises(Failure, match="failed .exit 2.: oops"):
        compare(broken, broken)


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(Failure, match="there is no revision 'no-such-revision' here"):
        sim._program_of("no-such-revision")


@pytest.mark.parametrize("words,seconds", [("1 h 2 m\n", 3720), ("32 m 24 s", 1944), ("516 ms", 0.516), ("1.5 s", 1.5)])
def test_the_benchmark_reads_durations_as_our_programs_print_them(words: str, seconds: float) -> None:
    assert seconds_of(words) == pytest.approx(seconds)
