"""A service that always ends: restarted with longer and longer pauses, tried once on another node, then left to an operator."""

import time

from tests.lab import apps
from tests.lab.deployed import Watching, described, must, must_deploy, states
from tests.lab.harness.waiting import wait_for

ENDS = "echo starting; /bin/busybox sleep 0.3; echo no sensor; exit 1\n"


def statuses(lab, name):
    return lab.manager.rows("SELECT instance, state, node_name, restarts, reason FROM instance_status WHERE workload = ?", name)


def crash_loops(lab):
    return [event["message"] for event in lab.events_since_mark("instance.crash_loop")]


def in_crash_loop_for_good(lab, name, seen_in=40):
    return wait_for("it is left to an operator", lambda: statuses(lab, name),
                    lambda rows: [row["state"] for row in rows] == ["crash_loop"] and "needs an operator" in rows[0]["reason"], seen_in, lab.describe)[0]


def test_a_service_that_always_ends_is_tried_once_elsewhere_and_then_left(lab, tmp_path):
    failing = described(apps.busybox_app(tmp_path / "failing", ENDS), "{name: heater, update: {min_ready: 0s}}")
    began = time.time()
    with Watching(lambda: statuses(lab, "heater")) as watching:
        must_deploy(lab, failing)
        left = in_crash_loop_for_good(lab, "heater")
    seen = [row for rows in watching.samples for row in rows]
    assert {"backing_off", "crash_loop"} <= {row["state"] for row in seen}
    assert any(row["state"] == "backing_off" and "exit code 1" in row["reason"] for row in seen), seen
    looped = crash_loops(lab)
    assert len(looped) == 2 and all("exit code 1" in each for each in looped), looped
    nodes = [message.split("' on '")[1].split("'")[0] for message in looped]
    assert len(set(nodes)) == 2 and left["node_name"] == nodes[1], looped
    starts = {name: len(node.starts_since(began, "heater")) for name, node in lab.nodes.items()}
    assert starts == {name: 5 if name in nodes else 0 for name in lab.nodes}, starts
    assert [row["status"] for row in lab.manager.service_status("heater")] == ["INACTIVE"]
    assert "needs an operator" in must(lab, "explain", "workload", "heater")

    lab.mark()
    must(lab, "restart", "heater", "--no-wait")
    wait_for("it begins anew", lambda: [event["message"] for event in lab.events_since_mark("instance.started")],
             lambda said: len(said) >= 2, 10, lab.describe)
    assert not crash_loops(lab)

    must_deploy(lab, described(apps.ticker(tmp_path / "mended"), "{name: heater, update: {min_ready: 0s}}"))
    lab.wait_until("heater").runs(1)
    assert states(lab, "heater") == ["running"]
    lab.nothing_changes("heater", for_s=1)
