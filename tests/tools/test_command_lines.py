"""Errors in a command line name the argument, what is wrong with it and what would be right, in the same way in all programs."""

import subprocess

import pytest

from tools.dev import build

AGENT = ["hearth-agent", "--node", "node-1", "--manager", "http://127.0.0.1:1"]


def refusal(words: list[str]) -> str:
    """The message of a program that refuses its command line, without the program's name."""
    program, *rest = words
    done = subprocess.run([build.program(program), *rest], text=True, capture_output=True, timeout=20)
    assert (done.returncode, done.stdout) == (2, "")
    name, _, said = done.stderr.partition(": ")
    assert name == program and said.count("\n") == 1
    return said.strip()


@pytest.mark.parametrize("address, wrong", [
    ("localhost:7701", "'localhost' is not an IP address"), ("::1:7701", "'::1:7701' is an IPv6 address and needs brackets"),
    ("127.0.0.1:70000", "the port '70000' is not a number from 0 to 65535"), ("127.0.0.1", "the port is missing"), (":7701", "the host is missing"),
])
def test_both_daemons_refuse_a_listen_address_in_the_same_words(address: str, wrong: str) -> None:
    said = refusal(["hearthd", "--listen", address])
    right = "must be an IP address and a port, such as \"127.0.0.1:7700\", \"[::1]:7700\" or \"0.0.0.0:7700\""
    assert said == (f"--listen: '{address}': {right} ({wrong}) "
                    "(see: hearthd --help)")
    assert refusal([*AGENT, "--listen", address]) == said.replace("hearthd --help", "hearth-agent --help")


@pytest.mark.parametrize("address", ["kafka", "kafka:0", "[::1", "a b:1", "fd00::1"])
def test_all_three_programs_refuse_brokers_for_the_same_reason(address: str) -> None:
    reasons = {refusal(line)[:-1].rpartition(" (see: ")[0].rpartition(" (")[2]
               for line in (["hearthd", "--kafka", address], [*AGENT, "--kafka", address], ["hearth", "dev", "--kafka", address])}
    assert len(reasons) == 1


@pytest.mark.parametrize("url", ["127.0.0.1:7700", "https://a:1", "http://a:0", "http://a/b"])
def test_agent_and_command_line_refuse_a_managers_url_in_the_same_words(url: str) -> None:
    said = {refusal(line).rpartition(" (see: ")[0] for line in (
        ["hearth-agent", "--node", "a", "--manager", url], ["hearth", "status", "--manager", url])}
    assert len(said) == 1 and said.pop().startswith(f"--manager: '{url}': must be http://HOST:PORT")


@pytest.mark.parametrize("words, said", [
    (["hearthd", "--list", "127.0.0.1:0"], "unknown option '--list'; did you mean '--listen'? (see: hearthd --help)"),
    (["hearthd", "--state="], "--state requires a non-empty value (see: hearthd --help)"),
    (["hearthd", "start"], "unexpected argument 'start' (see: hearthd --help)"),
    (["hearth-agent", "--manager", "http://a"], "--node is required (see: hearth-agent --help)"),
    (["hearth-agent", "--node", "a"], "--manager is required (see: hearth-agent --help)"),
    ([*AGENT, "--docker", "tcp://a:1"], "--docker: 'tcp://a:1': must be unix:///PATH: an engine on this node (see: hearth-agent --help)"),
    (["hearth-sim", "--seeds", "0"], "--seeds: '0': must be a whole number from 1 to 1000000000 (see: hearth-sim --help)"),
])
def test_the_wrong_argument_is_named(words: list[str], said: str) -> None:
    assert refusal(words) == said
