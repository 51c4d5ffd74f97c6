"""Every invalid payload on a topic is counted, and changes nothing."""

import json
import re

import pytest

from tests.lab import apps
from tests.lab.harness.observing import http_request
from tests.lab.harness.waiting import wait_for

GARBAGE = {
    "not JSON": b"the heater is warm",
    "half of it": b'{"v":1,"node":"node1"',
    "not UTF-8": b"\xff\xfe\x00\xd8" * 10,
    "empty": b"",
    "too deep": b"[" * 100_000,
    "deep and closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "too large": b'{"v":1,"x":"' + b"a" * 880_000 + b'"}',
    "not an object": b"[1,2,3]",
    "wrong types": json.dumps({"v": 1, "node": [], "seq": "one", "boot_id": {}, "load": 3, "report": {"instances": 1}}).encode(),
    "numbers out of range": json.dumps({"v": 1, "node": "node1", "seq": 10**40, "revision": -1}).encode(),
    "a version to come": json.dumps({"v": 9, "node": "node1", "seq": 1}).encode(),
    "a report without an incarnation": json.dumps({"v": 1, "node": "node3", "boot_id": "x", "seq": 1, "report": {"instances": []}}).encode(),
}


@pytest.fixture(scope="module")
def running(lab_keeper, tmp_path_factory):
    lab = lab_keeper.whole_lab()
    lab.deploy(apps.ticker(tmp_path_factory.mktemp("ticker")), "ticker", instances=3)
    return lab


@pytest.fixture
def counted(running):
    """Counts the payloads rejected from here on."""
    running.mark()
    return Rejections(running)


class Rejections:
    def __init__(self, lab):
        self._lab = lab
        self._before = self._counts()

    def _counts(self):
        manager = count_of(lambda: self._lab.manager.request("GET", "/metrics"), "hearth_payloads_rejected_total")
        return {"manager": manager} | {
            name: count_of(lambda node=node: http_request(node.address, 7701, "GET", "/metrics", None, self._lab.manager.token, 5),
                           "hearth_agent_payloads_rejected_total") for name, node in self._lab.nodes.items()}

    def since(self):
        return {part: count - self._before[part] for part, count in self._counts().items()}

    def come_to(self, **expected):
        """Each part counts exactly the payloads meant for it, and they change nothing."""
        expected = {part: expected.get(part, 0) for part in self._before}
        wait_for("each is counted", self.since, lambda counts: counts == expected, 10, self._lab.describe)
        self._lab.nothing_changes("ticker", for_s=4)
        self._lab.nobody_died()
        assert self.since() == expected


def count_of(ask, metric):
    status, text = ask()
    assert status == 200, text
    return int(float(re.search(rf"^{metric} (\S+)$", text, re.MULTILINE).group(1)))


def test_garbage_on_every_status_topic_is_counted_and_changes_nothing(running, counted):
    for node in running.nodes:
        running.bus.publish(f"hearth.node.{node}.status", GARBAGE.values())
    counted.come_to(manager=len(running.nodes) * len(GARBAGE))


def test_garbage_on_the_assignment_topics_is_counted_and_changes_nothing(running, counted):
    for node in running.nodes:
        running.bus.publish(f"hearth.node.{node}.assignment", [*GARBAGE.values(), None], key=node.encode())
    counted.come_to(**{node: len(GARBAGE) + 1 for node in running.nodes})


def test_garbage_on_the_other_topics_is_counted_by_their_reader_and_changes_nothing(running, counted):
    others = {topic for topic in running.bus.topics() if ".node." not in topic and not topic.startswith("__")}
    assert {"hearth.canary", "hearth.events"} <= others
    for topic in others:
        running.bus.publish(topic, GARBAGE.values())
    counted.come_to(manager=len(GARBAGE))  # On its own canary topic; it reads no events.


def test_an_oversized_record_is_counted_and_changes_nothing(running, counted):
    for node in running.nodes:
        for topic in ("status", "assignment"):
            running.bus.publish(f"hearth.node.{node}.{topic}", [b'{"v":1,"x":"' + b"a" * 920_000 + b'"}'], key=node.encode())
    counted.come_to(manager=len(running.nodes), **{node: 1 for node in running.nodes})
