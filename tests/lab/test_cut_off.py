"""A server that is cut off keeps running its latest assignment."""

from tests.lab.harness.waiting import wait_for


def cut_off(lab, node):
    """Cuts the node off from broker and manager, and breaks its power switch, so that it stays on."""
    lab.break_power(node)
    lab.partition(node, from_=["kafka", "manager"])


def test_a_server_cut_off_from_manager_and_broker_restarts_what_dies(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    cut_off(lab, victim)
    lab.wait_until_node(victim, within=15).is_believed("dead")
    before = lab.node(victim).running("ticker")
    assert len(before) == 1, before
    lab.kill_container("ticker", on=victim)
    wait_for("a fresh container runs there", lambda: lab.node(victim).running("ticker"),
             lambda seen: len(seen) == 1 and seen[0].id != before[0].id, 10, lab.describe)
    lab.heal(victim)
    lab.wait_until_node(victim).is_believed("live")
    lab.wait_until("ticker", within=30).runs(1)


def test_a_server_that_reboots_while_cut_off_starts_its_last_assignment(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    cut_off(lab, victim)
    lab.wait_until_node(victim, within=15).is_believed("dead")
    lab.power_cut(victim)
    lab.power_on(victim)
    wait_for(f"{victim} runs its latest assignment again", lambda: lab.containers("ticker"),
             lambda seen: [container.node for container in seen.containers].count(victim) == 1, 30, lab.describe)
    lab.heal(victim)
    lab.wait_until_node(victim, within=60).is_believed("live")
    lab.wait_until("ticker", within=30).runs(1)
