"""The lab does what it claims: otherwise its results say nothing about Hearth.

Nothing of Hearth runs here.
"""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.lab import apps
from tests.lab.harness import broker
from tests.lab.harness.docker_api import EngineError, EngineUnreachable
from tests.lab.harness.parts import HARNESS
from tests.lab.harness.waiting import wait_for


@pytest.fixture
def lab(bare_lab):
    yield bare_lab
    bare_lab.heal()
    for name, node in bare_lab.nodes.items():
        bare_lab.thaw(name)
        bare_lab.power_on(name)
        wait_for(f"the engine of {name} is ready", node.engine.is_ready, bool, 30)
        for container in node.containers():
            node.engine.remove(container.id)


@pytest.fixture(scope="session")
def image(bare_lab, tmp_path_factory):
    folder = apps.ticker(tmp_path_factory.mktemp("ticker"))
    for node in bare_lab.nodes.values():
        node.engine.build(folder, "ticker")
    return "ticker"


def run(node, image, **host_config):
    container = node.engine.create(None, {"Image": image, "HostConfig": host_config})
    node.engine.start(container)
    return container


def reaches(lab, node, address, port, within_s=2):
    """Whether a TCP connection from inside the node's network namespace is answered."""
    probe = f"import socket; socket.create_connection(('{address}', {port}), {within_s}).close()"
    command = ["nsenter", f"--net=/proc/{lab.pid_of(node)}/ns/net", "/usr/bin/python3", "-ISc", probe]
    return subprocess.run(command, capture_output=True).returncode == 0


def test_a_container_runs_inside_a_node_and_its_output_is_read(lab, image):
    container = run(lab.node("node1"), image)
    wait_for("it says something", lambda: lab.node("node1").engine.logs(container), lambda said: "tick 2" in said, 10)
    assert not lab.node("node2").containers()


def test_nodes_reach_the_broker_and_each_other_and_nothing_else(lab):
    assert reaches(lab, "node1", lab.address("broker"), broker.PORT)
    with socket.create_server((str(lab.subnet[1]), 0)) as outside:
        assert reaches(lab, "node1", lab.subnet[1], outside.getsockname()[1])  # The machine itself, on the lab's own network.
    routes = Path(f"/proc/{lab.pid_of('node1')}/net/route").read_text().splitlines()[1:]
    assert not [route for route in routes if route.split()[1] == "00000000"], "the node has a route out of the lab"


def test_a_power_cut_kills_a_nodes_containers_and_power_on_brings_its_engine_back(lab, image):
    run(lab.node("node2"), image)
    before = lab.pid_of("node2")
    lab.power_cut("node2")
    assert not lab.node("node2").has_power
    with pytest.raises(EngineUnreachable):
        lab.node("node2").containers()
    lab.power_on("node2")
    wait_for("its engine is ready", lab.node("node2").engine.is_ready, bool, 30)
    assert lab.pid_of("node2") != before
    assert [each.state for each in lab.node("node2").containers()] == ["exited"]


def test_a_frozen_node_does_not_answer_and_its_containers_stand_still(lab, image):
    node = lab.node("node1")
    container = run(node, image)
    wait_for("it ticks", lambda: node.engine.logs(container), lambda said: "tick" in said, 10)
    pid = lab.container_pid(node.containers()[0])
    lab.freeze("node1")
    assert not node.engine.is_ready(timeout_s=0.5)
    assert not reaches(lab, "node2", node.address, 7701, within_s=0.5)
    ticks_used = [cpu_ticks(pid), time.sleep(0.5), cpu_ticks(pid)]
    assert ticks_used[0] == ticks_used[2]
    lab.thaw("node1")
    assert node.engine.is_ready(timeout_s=5)
    assert node.containers()[0].runs


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[11:15]


def test_a_container_killed_from_outside_is_restarted_by_its_restart_policy(lab, image):
    """The engine does not take the kill for a stop requested by its user."""
    container = run(lab.node("node1"), image, RestartPolicy={"Name": "always"})
    pid = lab.container_pid(lab.node("node1").containers()[0])
    os.kill(pid, signal.SIGKILL)
    wait_for("the engine has restarted it", lambda: lab.node("node1").engine.inspect(container)["RestartCount"], lambda n: n == 1, 10)


def test_a_node_cut_off_only_from_the_broker_still_reaches_its_peer(lab):
    lab.partition("node2", from_="kafka")
    assert not reaches(lab, "node2", lab.address("broker"), broker.PORT, within_s=1)
    assert reaches(lab, "node1", lab.address("broker"), broker.PORT)
    with pytest.raises(ConnectionRefusedError):  # A refusal shows that the peer was reached.
        socket.create_connection((lab.address("node2"), 7701), 1)
    lab.heal("node2")
    assert reaches(lab, "node2", lab.address("broker"), broker.PORT)


def test_a_partition_outlasts_a_power_cycle(lab):
    lab.partition("node2", from_="kafka")
    lab.power_cut("node2")
    lab.engine.start(lab.names.container("node2"))  # As the manager's power switch does, without the harness.
    assert not reaches(lab, "node2", lab.address("broker"), broker.PORT, within_s=1)
    lab.heal()
    assert reaches(lab, "node2", lab.address("broker"), broker.PORT)


@pytest.mark.parametrize("way", ["out", "in"])
def test_the_requested_share_of_packets_is_lost(lab, way):
    assert share_delivered(lab, "node1", way) == 1
    lab.lose_packets("node1", 0.3)
    assert 0.62 < share_delivered(lab, "node1", way) < 0.78  # Five standard deviations on each side.
    lab.lose_packets("node1", 1.0)
    assert share_delivered(lab, "node1", way) == 0
    assert not reaches(lab, "node1", lab.address("broker"), broker.PORT, within_s=1)
    lab.heal("node1")
    assert share_delivered(lab, "node1", way) == 1


PACKETS = 1000
RECEIVE = """
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind((address, 0))
receiver.settimeout(5)
print(receiver.getsockname()[1], flush=True)
got = 0
try:
    while receiver.recv(10) != b"end":
        got += 1
        receiver.settimeout(1)  # The end may be lost, too.
except TimeoutError:
    pass
print(got)
"""
SEND = """
import socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for what in [b"x"] * number + [b"end"] * 20:
    try:
        sender.sendto(what, (address, port))
    except PermissionError:  # Dropped on its way out.
        pass
    time.sleep(0.0002)
"""


def share_delivered(lab, node, way):
    """The share that arrives of a thousand datagrams between the node and the machine, one way."""
    inside = ["nsenter", f"--net=/proc/{lab.pid_of(node)}/ns/net"]
    receiving, sending = ([], inside) if way == "out" else (inside, [])
    address = str(lab.subnet[1]) if way == "out" else lab.address(node)

    def python(prefix, program, **values):
        reported = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        return subprocess.Popen([*prefix, "/usr/bin/python3", "-ISc", reported + program], stdout=subprocess.PIPE, text=True)

    with python(receiving, RECEIVE, address=address) as receiver:
        port = int(receiver.stdout.readline())
        with python(sending, SEND, address=address, port=port, number=PACKETS):
            pass
        return int(receiver.stdout.readline()) / PACKETS


def test_the_broker_stalls_stops_and_returns_with_its_records(lab):
    lab.bus.create_topic("lab.test")
    lab.bus.publish("lab.test", [b"before"])
    lab.stall_broker()
    assert not lab.bus.answers(1)
    lab.resume_broker()
    wait_for("the broker answers", lab.bus.answers, bool, 10)
    lab.stop_broker()
    assert not lab.bus.answers(1)
    lab.start_broker()
    assert [record.value for record in lab.bus.read("lab.test", timeout_s=15)] == [b"before"]


def test_a_failed_build_fails_with_the_engines_message(lab, tmp_path):
    broken = apps.does_not_build(tmp_path / "broken")
    with pytest.raises(EngineError, match="returned a non-zero code: 3"):
        lab.node("node1").engine.build(broken, "broken")


def test_a_killed_engine_restarts_on_its_own(lab):
    lab.kill_engine("node1")
    wait_for("its engine is ready", lab.node("node1").engine.is_ready, bool, 30)


def test_the_power_switch_of_the_manager_follows_the_fence_agents_contract(lab, tmp_path):
    switch = PowerSwitch(lab, tmp_path)
    assert switch("status", "node2") == 0
    assert switch("off", "node2") == 0 and switch("off", "node2") == 0
    assert not lab.node("node2").has_power
    assert switch("status", "node2") == 2
    assert switch("on", "node2") == 0 and switch("on", "node2") == 0
    assert lab.node("node2").has_power
    assert switch("off", "node9") == 1 and switch("explode", "node2") == 1
    (tmp_path / "power-node2.broken").touch()
    assert switch("off", "node2") == 1 and lab.node("node2").has_power


def test_the_power_switch_works_on_a_frozen_node(lab, tmp_path):
    lab.freeze("node2")
    switch = PowerSwitch(lab, tmp_path)
    assert switch("off", "node2") == 0
    assert not lab.node("node2").has_power
    assert switch("on", "node2") == 0
    wait_for("its engine is ready", lab.node("node2").engine.is_ready, bool, 30)


class PowerSwitch:
    def __init__(self, lab, folder):
        script = HARNESS / "lab_power.py"
        self._command = ["/usr/bin/python3", "-IS", script, lab.engine_socket, lab.names.prefix, folder, folder / "log"]

    def __call__(self, action, node):
            return subprocess.run([*map(str, self._command)], input=f"action={action}\nport={node}\n", text=True).returncode
