"""What only one instance on a node can have: published ports and devices; and a workload that is tied to its node."""

import time

import pytest

from tests.lab import apps
from tests.lab.deployed import Deploying, described, must, must_deploy, reasons, states
from tests.lab.harness.observing import http_request
from tests.lab.harness.waiting import wait_for


def answers(lab, node, port):
    return http_request(lab.address(node), port, "GET", "/name", None, None, 2)[1].strip()


def publisher(folder, name, instances):
    return described(apps.web(folder, f"echo {name} > /www/name"),
                     f"{{name: {name}, instances: {instances}, ports: ['8080:8080'], update: {{min_ready: 0s}}}}")


def test_two_that_publish_one_port_never_share_a_node(lab, tmp_path):
    must_deploy(lab, publisher(tmp_path / "one", "one", 2))
    first = lab.wait_until("one").runs(2)
    with Deploying(lab, publisher(tmp_path / "two", "two", 2)) as deploying:
        second = lab.wait_until("two").runs(1)
        free = second.nodes[0]
        assert sorted([*first.nodes, free]) == sorted(lab.nodes)
        for node in lab.nodes:
            expected = "two" if node == free else "one"
            wait_for(f"'{expected}' answers on {node}", lambda node=node: answers(lab, node, 8080), lambda said, expected=expected: said == expected, 5)
        reason = wait_for("the other says why it waits", lambda: [each["reason"] for each in lab.manager.instances("two") if each["state"] == "pending"],
                          lambda seen: len(seen) == 1 and "held by" in seen[0], 10, lab.describe)[0]
        assert "port 8080/tcp" in reason and "'one-" in reason, reason
        time.sleep(1)
        assert lab.all_containers("one").ids == first.ids and lab.all_containers("two").ids == second.ids
        assert not deploying.done()
        must(lab, "rm", "one")
        assert lab.wait_until("two").runs(2).ids > second.ids
        assert deploying.result(within=20)[0] == 0
    assert len(set(lab.all_containers("two").nodes)) == 2


@pytest.mark.parametrize("device", ["/dev/net/tun:/dev/tun", "/dev/fuse"])
def test_a_device_has_one_holder_and_the_next_waits_for_it(lab, tmp_path, device):
    inside = device.split(":")[-1]
    holder = "{{name: {name}, node: node2, devices: ['{device}'], update: {{min_ready: 0s}}}}"
    shows = apps.ticker(tmp_path / "app", first=f"/bin/busybox ls {inside}\n")
    must_deploy(lab, described(shows, holder.format(name="one", device=device)))
    one = lab.wait_until("one").runs_on("node2").containers[0]
    assert inside in wait_for("it has said what it has", lambda: lab.node("node2").logs(one), lambda said: "tick" in said, 5)
    with Deploying(lab, described(shows, holder.format(name="two", device=device))) as deploying:
        words = f"{device.split(':')[0]} of 'node2' is held by 'one-"
        wait_for("the second waits, and says why", lambda: (states(lab, "two"), reasons(lab, "two")),
                 lambda seen: seen[0] == ["pending"] and words in seen[1][0], 10, lab.describe)
        must(lab, "restart", "one")  # stop_first: never two at once, and it is not the other that gets it.
        fresh = lab.wait_until("one").runs_on("node2").containers[0]
        assert fresh.id != one.id and states(lab, "two") == ["pending"]
        must(lab, "stop", "one")
        lab.wait_until("two").runs_on("node2")
        assert deploying.result(within=20)[0] == 0
    assert not lab.all_containers("one").containers


def test_what_is_tied_to_its_node_waits_for_it(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "app"), "{name: heater, node: node3, instances: 2, update: {min_ready: 0s}}"))
    before = lab.wait_until("heater").runs(2)
    assert before.nodes == ["node3", "node3"]
    lab.break_power("node3")
    lab.power_cut("node3")
    lab.wait_until_node("node3").is_believed("dead")
    time.sleep(2)
    assert not lab.containers("heater").containers
    assert states(lab, "heater") == ["lost", "lost"]
    assert {row["status"] for row in lab.manager.service_status("heater")} == {"INACTIVE"}
    assert {row["state"] for row in lab.manager.rows("SELECT state FROM instance_status WHERE workload = 'heater'")} == {"unknown"}
    lab.power_on("node3")
    assert lab.wait_until("heater", within=30).runs(2).nodes == ["node3", "node3"]
