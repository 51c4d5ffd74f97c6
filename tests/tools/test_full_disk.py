"""What is printed and cannot be written is a failure that is told: a script must not take half an answer for a whole one."""

import subprocess
from pathlib import Path

import pytest

from tools.dev import build
from tools.dev.paths import ROOT

# Everything that prints and needs nobody else; what asks a manager prints by the same way.
LINES = [
    "hearth --help", "hearth help", "hearth --version", "hearth version", "hearth version -o json", "hearth deploy --help", "hearth node --help",
    "hearth completion bash", "hearth completion zsh", "hearth completion fish", "hearth man-page hearthd", "hearth config check FILE",
    "hearthd --help", "hearthd --version", "hearth-agent --help", "hearth-agent --version",
    "hearth-sim --help", "hearth-sim --version", "hearth-sim --scenario partition",
]


@pytest.mark.parametrize("line", LINES)
def test_a_full_disk_is_told_and_exits_1(line: str, tmp_path: Path) -> None:
    (tmp_path / "FILE").write_text("{}")
    program, *words = line.split()
    done = into_a_full_disk([build.program(program), *words], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{program}: the answer could not be written") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["help"], ["build", "--help"], ["kafka", "--help"], ["lab", "up", "--help"]])
def test_dev_tells_it_too(words: list[str], tmp_path: Path) -> None:
    done = into_a_full_disk([ROOT / "dev", *words], tmp_path)
    assert done.returncode == 1
    assert done.stderr == "./dev: standard output cannot be written: No space left on device\n"


def into_a_full_disk(command: list[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    with open("/dev/full", "w") as full:
        return subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=folder, timeout=60)
