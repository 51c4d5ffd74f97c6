"""A lab comes up quickly, is removed completely, and leaves other labs alone."""

import os
import signal
import subprocess
import time

import pytest

from tests.lab.conftest import lab_config, lab_name
from tests.lab.harness import names, remains
from tests.lab.harness.lab import Lab
from tests.lab.harness.names import LABEL, LabNames, Owner
from tests.lab.harness.waiting import wait_for
from tools.dev.paths import ROOT

UP_MAX_S = 60


def test_a_lab_with_three_servers_is_up_within_a_minute(lab_keeper):
    assert lab_keeper.any_lab().came_up_in_s < UP_MAX_S


def left_of(engine, label):
    """Every container and network with the lab's label."""
    filters = {"label": [f"{LABEL}={label}"]}
    return ([reported["Names"][0] for reported in engine.containers(**filters)]
            + [reported["Name"] for reported in engine.call("GET", "/networks", filters=filters)])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("begun", ["network", "containers"])
def test_a_lab_interrupted_while_coming_up_leaves_nothing_behind(bare_lab, number, begun):
    made = LabNames(lab_name("ended"))
    process = subprocess.Popen([ROOT / "dev", "lab", "--name", made.name, "up", "--nodes", "2", "--bare"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
                               env={**os.environ, "DOCKER_HOST": f"unix://{bare_lab.engine_socket}"})
    try:
        wait_for(f"its {begun} are there", lambda: left_of(bare_lab.engine, made.label),
                 lambda seen: len(seen) > (begun == "containers"), 30)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0 and "taking down" in said, said
    assert left_of(bare_lab.engine, made.label) == []
    assert not list(names.LABS.glob(f"{made.name}*"))
    assert left_of(bare_lab.engine, bare_lab.names.label) != []


@pytest.fixture
def in_another_checkout(monkeypatch, tmp_path):
    """Inside `with`, the harness is that of another checkout on this machine."""
    def entered():
        inside = monkeypatch.context()
        patch = inside.__enter__()
        for module in (names, remains):
            patch.setattr(module, "LABS", tmp_path / "build" / "lab")
            patch.setattr(module, "checkout_key", lambda: "0ther000")
        return inside
    return entered


def test_labs_of_one_name_in_two_checkouts_do_not_see_each_other(bare_lab, in_another_checkout):
    mine = bare_lab.names.label
    before = left_of(bare_lab.engine, mine)
    inside = in_another_checkout()
    try:
        other = Lab.up(bare_lab.names.name, lab_config(nodes=1, bare=True), owner=Owner.this_process())
        others = other.names.label
        assert others != mine and len(left_of(bare_lab.engine, others)) == 3
        assert not other.subnet.overlaps(bare_lab.subnet)
        other.down()
        assert left_of(bare_lab.engine, others) == []
    finally:
        inside.__exit__(None, None, None)
    assert left_of(bare_lab.engine, mine) == before
    began = time.monotonic()
    wait_for("every engine of the first lab answers", lambda: [node.engine.is_ready() for node in bare_lab.nodes.values()], all, 10)
    assert time.monotonic() - began < 10 and bare_lab.bus.answers()
