"""A Dockerfile is built once; every server runs the same bits."""

import os

from tests.lab import apps
from tests.lab.harness.waiting import wait_for


def test_an_image_is_built_once_and_streamed_to_the_other_servers(lab, tmp_path):
    # One fits on each server, so a busy machine cannot put two on one.
    seen = lab.deploy(apps.build_witness(tmp_path / "witness"), "witness", instances=3, cores=0.6 * os.cpu_count())
    assert seen.nodes == ["node1", "node2", "node3"]
    said = {container.node: apps.build_of(lab, container) for container in seen.containers}
    assert len(set(said.values())) == 1, said
    images = {lab.node(container.node).engine.inspect(container.id)["Image"] for container in seen.containers}
    assert len(images) == 1, images
    assert len(lab.events_since_mark("workload.built")) == 1


def test_a_dockerfile_that_does_not_build_says_why_and_fails(lab, tmp_path):
    done = lab.hearth("deploy", str(apps.does_not_build(tmp_path / "broken")), "--name", "broken")
    assert done.returncode != 0
    assert "the heater has no wires" in done.stdout + done.stderr, done.stdout + done.stderr
    assert lab.manager.workloads()["broken"]["phase"] == "failed"
    assert not lab.all_containers("broken").containers


def test_a_new_release_that_does_not_build_leaves_the_old_one_running(lab, ticker, tmp_path):
    lab.deploy(ticker, "ticker", instances=2)
    done = lab.hearth("deploy", str(apps.does_not_build(tmp_path / "broken")), "--name", "ticker", "--instances", "2")
    assert done.returncode != 0
    lab.nothing_changes("ticker", for_s=3)
    assert len(lab.all_containers("ticker").containers) == 2


def test_a_new_release_replaces_the_old_one(lab, ticker, tmp_path):
    before = lab.deploy(ticker, "ticker", instances=2)
    after = lab.deploy(apps.ticker(tmp_path / "tock", word="tock"), "ticker", instances=2)
    after = wait_for("only the new release runs", lambda: lab.containers("ticker"),
                     lambda seen: not seen.unseen and len(seen.containers) == 2 and not seen.ids & before.ids, 30, lab.describe)
    for container in after.containers:
        wait_for("it says the new word", lambda container=container: lab.node(container.node).logs(container), lambda log: "tock" in log, 10)
