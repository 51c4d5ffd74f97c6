"""What somebody does to a container by hand, with the engine's own command."""

import time

import pytest

from tests.lab import apps
from tests.lab.deployed import described, must, must_deploy, row_names, states
from tests.lab.harness.waiting import wait_for


@pytest.fixture
def heater(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "heater"), "{name: heater, update: {min_ready: 0s}}"))
    return lab.wait_until("heater").runs(1).containers[0]


def fresh_after(lab, old):
    seen = wait_for("a fresh container runs", lambda: lab.all_containers("heater").containers,
                    lambda seen: len(seen) == 1 and seen[0].id != old.id, 15, lab.describe)[0]
    row_names(lab, "heater", seen)
    return seen


def test_a_container_stopped_or_removed_by_hand_comes_back(lab, heater):
    engine = lab.node(heater.node).engine
    engine.call("POST", f"/containers/{heater.id}/rename", name="somebodys")
    lab.nothing_changes("heater", for_s=1)
    engine.call("POST", "/containers/somebodys/stop", t="5")
    second = fresh_after(lab, heater)
    assert second.node == heater.node
    engine.remove(second.id)
    third = fresh_after(lab, second)
    assert third.node == heater.node
    wait_for("the last words of what was removed are kept", lambda: lab.hearth("logs", "heater", "--previous").stdout,
             lambda said: "tick 3" in said, 5, lab.describe)
    lab.nothing_changes("heater", for_s=1)
    assert [each["restarts"] for each in lab.manager.instances("heater")] == [2]


def test_a_stranger_with_our_labels_is_left_alone(lab, heater):
    engine = lab.node(heater.node).engine
    engine.call("POST", "/commit", container=heater.id, repo="somebodys")
    stranger = engine.create("stranger", {"Image": "somebodys"})
    try:
        engine.start(stranger)
        assert engine.inspect(stranger)["Config"]["Labels"]["hearth.instance"]
        lab.kill_agent(heater.node)  # One that starts lists what it finds.
        time.sleep(3)
        assert {each.id for each in lab.node(heater.node).running("heater")} == {heater.id, stranger}
        assert states(lab, "heater") == ["running"]
        row_names(lab, "heater", heater)
        must(lab, "rm", "heater")
        wait_for("only the stranger is left", lambda: {each.id for each in lab.node(heater.node).containers("heater")},
                 lambda left: left == {stranger}, 15, lab.describe)
        assert engine.inspect(stranger)["State"]["Running"]
    finally:
        engine.remove(stranger)
        engine.call("DELETE", "/images/somebodys")
