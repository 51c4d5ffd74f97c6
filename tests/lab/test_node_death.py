"""A server that dies loses its work to the others and is brought back; nothing runs twice afterwards."""

import time

from tests.lab.harness.waiting import wait_for


def test_work_of_a_server_without_power_runs_elsewhere_and_the_server_is_brought_back(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.power_cut(victim)
    moved = lab.wait_until("ticker", within=15).runs_elsewhere_than(victim)
    assert lab.events_since_mark("node.dead", f"node/{victim}")
    lab.wait_until_node(victim, within=60).is_believed("live")
    assert lab.node(victim).has_power
    assert lab.switched_since_mark() == [(victim, "off"), (victim, "on")]
    lab.nothing_changes("ticker", for_s=5)
    assert lab.all_containers("ticker").ids == moved.ids


def test_instances_on_other_servers_are_not_touched_by_a_server_death(lab, ticker):
    before = lab.deploy(ticker, "ticker", instances=3)
    assert before.nodes == ["node1", "node2", "node3"], "the instances are not spread over the servers"
    lab.power_cut("node2")
    after = lab.wait_until("ticker", within=15).runs_elsewhere_than("node2", instances=3)
    assert {each.id for each in before.containers if each.node != "node2"} <= after.ids
    lab.wait_until_node("node2", within=60).is_believed("live")
    lab.wait_until("ticker").runs(3)


def test_a_server_that_returns_on_its_own_does_not_start_what_was_moved(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.break_power(victim)
    lab.power_cut(victim)
    moved = lab.wait_until("ticker", within=15).runs_elsewhere_than(victim)
    lab.power_on(victim)
    lab.wait_until_node(victim, within=60).is_believed("live")
    settled = settle(lab, "ticker", 1)
    assert settled.ids == moved.ids, f"moved to: {moved}\nsettled as: {settled}"


def test_a_hung_server_is_suspected_then_dead_then_power_cycled(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.freeze(victim)
    lab.wait_until_node(victim, within=10).is_believed("suspect", "dead")
    lab.wait_until_node(victim, within=10).is_believed("dead")
    lab.wait_until("ticker", within=15).runs_elsewhere_than(victim)
    assert lab.events_since_mark("node.suspect", f"node/{victim}")
    lab.wait_until_node(victim, within=60).is_believed("live")
    assert lab.switched_since_mark() == [(victim, "off"), (victim, "on")]
    lab.wait_until("ticker").runs(1)


def test_a_hung_server_that_resumes_with_its_old_instance_gives_it_up(lab, ticker):
    """Its power switch is broken: both instances run until the node receives the new assignment."""
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.break_power(victim)
    lab.freeze(victim)
    moved = lab.wait_until("ticker", within=15).runs_elsewhere_than(victim)
    lab.thaw(victim)
    lab.wait_until_node(victim).is_believed("live")
    settled = settle(lab, "ticker", 1)
    assert settled.ids == moved.ids, f"moved to: {moved}\nsettled as: {settled}"


def test_a_server_whose_switch_is_broken_is_left_for_an_operator(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.break_power(victim)
    lab.power_cut(victim)
    lab.wait_until("ticker", within=15).runs_elsewhere_than(victim)
    wait_for("the failed switch is reported", lambda: lab.events_since_mark("node.recovery_failed", f"node/{victim}"), bool, 30, lab.describe)
    said = lab.hearth("explain", "node", victim)
    assert said.returncode == 0 and "does not answer" in said.stdout, said.stdout + said.stderr


def settle(lab, app, instances, for_s=5.0, within=40.0):
    """The containers, once none has started or ended for a while."""
    begin = time.monotonic()
    lab.wait_until(app, within).runs(instances)
    while True:
        seen, since = lab.all_containers(app), time.monotonic()
        while time.monotonic() - since < for_s and lab.all_containers(app).ids == seen.ids:
            time.sleep(0.2)
        if lab.all_containers(app).ids == seen.ids and len(seen.containers) == instances:
            return seen
        assert time.monotonic() - begin < within, f"'{app}' does not settle: {lab.containers(app)}\n{lab.describe()}"
