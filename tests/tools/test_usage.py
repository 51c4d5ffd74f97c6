"""What is made from the programs' one description: shells and man(1) take it, and it offers what the program takes."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.dev import build
from tools.dev.processes import which

PROGRAMS = ("hearth", "hearthd", "hearth-agent")

# Completes the words behind it, the last of which is being typed, as readline would have it done.
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
name=$(complete -p "$1" | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
"$name"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path) -> Path:
    file = folder / f"hearth.{shell}"
    file.write_text(hearth("completion", shell))
    return file


def hearth(*words: str) -> str:
    return subprocess.run([build.program("hearth"), *words], text=True, stdout=subprocess.PIPE, check=True, timeout=30).stdout


def said(command: Sequence[str | Path], **how) -> str:
    """What it prints on both ways out."""
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=True, **how).stdout


def needs(program: str) -> str:
    found = which(program)
    if not found:
        pytest.skip(f"no {program} on this machine")
    return found


@pytest.mark.parametrize("words, offered", [
    (["hearth", "no"], ["node"]),
    (["hearth", "node", ""], ["list", "show", "import", "--help"]),
    (["hearth", "node", "list", "--o"], ["--output"]),
    (["hearth", "help", "explain", "n"], ["node"]),
    (["hearth", "ps", "-o", ""], ["text", "json"]),
    (["hearth", "ps", "--output", "=", "j"], ["json"]),  # As readline cuts --output=j.
    (["hearth", "ps", "--output", "="], ["text", "json"]),
    (["hearth", "deploy", ".", "--on-node-lost", "s"], ["stay"]),
    (["hearth", "deploy", "--name", ""], [""]),  # A name nobody can guess.
    (["hearth", "completion", ""], ["bash", "zsh", "fish"]),
    (["hearth", "dev", "p"], ["power"]),
    (["hearth", "dev", "--n"], ["--nodes"]),
    (["hearth", "dev", "power", ""], ["off", "on", "freeze", "thaw", "status"]),
    (["hearthd", "--kafka", ""], ["embedded"]),
    (["hearth-agent", "--to"], ["--token-file", "--topic-prefix"]),
])
def test_bash_completes(words: list[str], offered: list[str], tmp_path: Path) -> None:
    answer = said(["bash", "--norc", "-c", BASH, "bash", script("bash", tmp_path), *words])
    assert answer.splitlines() == offered


@pytest.mark.parametrize("words, offered", [
    (["hearth", "deploy", "a"], ["a folder"]),
    (["hearth", "config", "check", "a"], ["a file", "a folder"]),
    (["hearthd", "--config", "a"], ["a file", "a folder"]),
    (["hearthd", "--state", "a"], ["a folder"]),
])
def test_bash_completes_files_and_folders_with_spaces_in_their_names(words: list[str], offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a file").touch()
    answer = said(["bash", "--norc", "-c", BASH, "bash", script("bash", tmp_path), *words], cwd=tmp_path)
    assert sorted(answer.splitlines()) == offered


# All that bash offers behind a command is taken by the program: what it refuses is not the option's name.
@pytest.mark.parametrize("command", ["deploy", "logs", "events", "stop", "dev"])
def test_every_option_that_is_offered_is_one_of_the_commands(command: str, tmp_path: Path) -> None:
    offered = said(["bash", "--norc", "-c", BASH, "bash", script("bash", tmp_path), "hearth", command, "--"]).split()
    assert len(offered) > 2
    reported = hearth(command, "--help")
    assert [option for option in offered if f"{option} " not in reported and f"{option}\n" not in reported] == []


# zsh's own machinery for completion needs a terminal; that it reads the script and has the functions is what is asked here.
def test_zsh_reads_its_script(tmp_path: Path) -> None:
    zsh, file = needs("zsh"), script("zsh", tmp_path)
    assert said([zsh, "-n", file]) == ""
    loads = f"autoload -Uz compinit && compinit -D -u && source {file} && print $_comps[hearth] $_comps[hearthd] $_comps[hearth-agent]"
    assert said([zsh, "-f", "-c", loads]) == "_hearth _hearthd _hearth_agent\n"


@pytest.mark.parametrize("line, offered", [
    ("hearth no", ["node"]),
    ("hearth node ", ["import", "list", "show"]),
    ("hearth help explain n", ["node"]),
    ("hearth ps --output ", ["json", "text"]),
    ("hearth dev power fr", ["freeze"]),
    ("hearthd --ka", ["--kafka"]),
])
def test_fish_completes(line: str, offered: list[str], tmp_path: Path) -> None:
    fish, file = needs("fish"), script("fish", tmp_path)
    assert said([fish, "--no-execute", file]) == ""
    answer = said([fish, "--no-config", "-c", f"source {file}; complete -C '{line}'"], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert sorted(line.split("\t")[0] for line in answer.splitlines()) == offered


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_man_page_is_set_without_a_complaint_and_says_what_the_help_says(program: str) -> None:
    groff = needs("groff")
    page = subprocess.run([groff, "-man", "-ww", "-k", "-Tutf8", "-P-cbou", "-rLL=200n"], input=hearth("man-page", program), text=True,
                          capture_output=True, timeout=30, check=True)
    assert page.stderr == ""
    reported = hearth("help") if program == "hearth" else said([build.program(program), "--help"])
    names = {word for word in reported.split() if word.startswith("--")}
    assert names and [name for name in names if name not in page.stdout] == []


def test_every_program_tells_the_one_version() -> None:
    project = (build.ROOT / "CMakeLists.txt").read_text().split("VERSION ", 2)[2].split()[0]
    for program in (*PROGRAMS, "hearth-sim"):
        assert said([build.program(program), "--version"]) == f"{program} {project}\n"
