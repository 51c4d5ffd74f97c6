"""What is on a topic and is not what it must be is counted and changes nothing."""

import json

import pytest

from tests.lab import apps

GARBAGE = {
    "not JSON": b"the heater is warm",
    "half of it": b'{"v":1,"node":"node1"',
    "not UTF-8": b"\xff\xfe\x00\xd8" * 10,
    "empty": b"",
    "too deep": b"[" * 100_000,
    "deep and closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "too large": b'{"v":1,"x":"' + b"a" * 900_000 + b'"}',
    "not an object": b"[1,2,3]",
    "wrong types": json.dumps({"v": 1, "node": [], "seq": "one", "incarnation": {}, "load": 3, "instances": {"a": 1}}).encode(),
    "numbers out of range": json.dumps({"v": 1, "node": "node1", "seq": 10**40, "revision": -1}).encode(),
    "a version to come": json.dumps({"v": 9, "node": "node1", "seq": 1}).encode(),
    "another node's": json.dumps({"v": 1, "node": "node3", "incarnation": "x", "seq": 1, "instances": []}).encode(),
}


@pytest.fixture(scope="module")
def running(lab_keeper, tmp_path_factory):
    lab = lab_keeper.whole_lab()
    lab.deploy(apps.ticker(tmp_path_factory.mktemp("ticker")), "ticker", instances=3)
    return lab


def test_garbage_on_every_status_topic_changes_nothing(running):
    for node in running.nodes:
        running.bus.publish(f"hearth.node.{node}.status", GARBAGE.values())
    running.nothing_changes("ticker", for_s=4)
    assert set(running.manager.node_states().values()) == {"live"}


def test_garbage_on_the_assignment_topics_changes_nothing(running):
    for node in running.nodes:
        running.bus.publish(f"hearth.node.{node}.assignment", [*GARBAGE.values(), None], key=node.encode())
    running.nothing_changes("ticker", for_s=4)
    assert set(running.manager.node_states().values()) == {"live"}


def test_garbage_on_the_other_topics_changes_nothing(running):
    for topic in running.bus.topics():
        if ".node." not in topic and not topic.startswith("__"):
            running.bus.publish(topic, GARBAGE.values())
    running.nothing_changes("ticker", for_s=4)
    assert set(running.manager.node_states().values()) == {"live"}


def test_garbage_is_counted_by_the_manager(running):
    _, metrics = running.manager.request("GET", "/metrics")
    counted = [line for line in metrics.splitlines() if "reject" in line or "invalid" in line or "malformed" in line]
    assert any(float(line.rsplit(" ", 1)[1]) > 0 for line in counted if not line.startswith("#")), counted or metrics
