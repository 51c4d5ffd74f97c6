"""Completions and man pages: shells and man(1) accept them, and they offer what the programs accept."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.dev import build
from tools.dev.processes import which

PROGRAMS = ("hearth", "hearthd", "hearth-agent")

# Completes the given words, the last of which is being typed, as readline would.
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
    """The output of the command on stdout and stderr."""
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
    (["hearth", "deploy", "--name", ""], [""]),  # A name cannot be guessed.
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
    (["hearth", "deploy", "a"], ["a file", "a folder"]),
    (["hearth", "config", "check", "a"], ["a file", "a folder"]),
    (["hearthd", "--config", "a"], ["a file", "a folder"]),
    (["hearthd", "--state", "a"], ["a folder"]),
])
def test_bash_completes_files_and_folders_with_spaces_in_their_names(words: list[str], offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a file").touch()
    answer = said(["bash", "--norc", "-c", BASH, "bash", script("bash", tmp_path), *words], cwd=tmp_path)
    assert sorted(answer.splitlines()) == offered


# Every option that bash offers after a command is in the command's help.
@pytest.mark.parametrize("command", ["deploy", "logs", "events", "stop", "dev"])
def test_every_offered_option_belongs_to_the_command(command: str, tmp_path: Path) -> None:
    offered = said(["bash", "--norc", "-c", BASH, "bash", script("bash", tmp_path), "hearth", command, "--"]).split()
    assert len(offered) > 2
    help_text = hearth(command, "--help")
    assert [option for option in offered if f"{option} " not in help_text and f"{option}\n" not in help_text] == []


# zsh completes only in a terminal; this test shows that it reads the script and defines the functions.
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
def test_a_man_page_renders_without_warnings_and_has_the_options_of_the_help(program: str) -> None:
    groff = needs("groff")
    page = subprocess.run([groff, "-man", "-ww", "-k", "-Tutf8", "-P-cbou", "-rLL=200n"], input=hearth("man-page", program), text=True,
                          capture_output=True, timeout=30, check=True)
    assert page.stderr == ""
    help_text = hearth("help") if program == "hearth" else said([build.program(program), "--help"])
    names = {word for word in help_text.split() if word.startswith("--")}
    assert names and [name for name in names if name not in page.stdout] == []


def test_every_program_prints_the_same_version() -> None:
    project = (build.ROOT / "CMakeLists.txt").read_text().split("VERSION ", 2)[2].split()[0]
    for program in (*PROGRAMS, "hearth-sim"):
        assert said([build.program(program), "--version"]) == f"{program} {project}\n"
