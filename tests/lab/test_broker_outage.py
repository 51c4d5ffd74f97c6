"""An outage of the bus is not the death of the fleet: nothing moves or restarts, and no node is switched off."""

import time

from tests.lab.harness.waiting import wait_for

OUTAGE_S = 8  # Four times the silence that makes a node dead.


def nobody_was_touched(lab):
    lab.nobody_died()
    assert not lab.switched_since_mark()


def test_a_stalled_broker_makes_the_manager_blind_and_nothing_moves(lab, ticker):
    lab.deploy(ticker, "ticker", instances=3)
    lab.stall_broker()
    wait_for("the manager says that it is blind", lambda: lab.events_since_mark("bus.blind"), bool, 10, lab.describe)
    lab.nothing_changes("ticker", for_s=OUTAGE_S)
    lab.resume_broker()
    wait_for("the manager sees again", lambda: lab.events_since_mark("bus.seeing"), bool, 20, lab.describe)
    lab.wait_until_all_live()
    lab.nothing_changes("ticker", for_s=4)
    nobody_was_touched(lab)


def test_neither_a_killed_broker_nor_its_return_moves_anything(lab, ticker):
    lab.deploy(ticker, "ticker", instances=3)
    lab.stop_broker()
    lab.nothing_changes("ticker", for_s=OUTAGE_S)
    lab.start_broker()
    lab.wait_until_all_live()
    lab.nothing_changes("ticker", for_s=5)
    nobody_was_touched(lab)


def test_a_broker_that_returns_with_an_empty_disk_gets_its_topics_again(lab, ticker):
    before = lab.deploy(ticker, "ticker", instances=2)
    lab.lose_broker_disk()
    lab.nothing_changes("ticker", for_s=3)
    lab.start_broker()
    wait_for("the manager sees again", lambda: lab.events_since_mark("bus.seeing"), bool, 20, lab.describe)
    lab.wait_until_all_live()
    lab.nothing_changes("ticker", for_s=OUTAGE_S)
    nobody_was_touched(lab)

    assert lab.containers("ticker").ids == before.ids
    lab.deploy(ticker, "second", within=30)
    victim = before.nodes[0]
    lab.power_cut(victim)
    lab.wait_until("ticker", within=20).runs_elsewhere_than(victim, instances=2)
    lab.wait_until_node(victim, within=60).is_believed("live")


def test_a_deleted_topic_is_made_again(lab, ticker):
    before = lab.deploy(ticker, "ticker")
    topics = ["hearth.canary", "hearth.events", f"hearth.node.{before.nodes[0]}.assignment"]
    for topic in topics:
        lab.bus.delete_topic(topic)
    wait_for("the manager has noticed", lambda: lab.events_since_mark("bus.blind"), bool, 20, lab.describe)
    wait_for("the manager sees again", lambda: lab.events_since_mark("bus.seeing"), bool, 20, lab.describe)
    done = lab.hearth("rm", "ticker")  # It has to reach the node by the deleted topic.
    assert done.returncode == 0, done.stderr
    lab.wait_until("ticker", within=30).is_gone()
    assert set(topics) <= set(lab.bus.topics())
    nobody_was_touched(lab)


def test_a_container_that_dies_while_the_broker_is_down_is_restarted(lab, ticker):
    before = lab.deploy(ticker, "ticker")
    lab.stop_broker()
    time.sleep(3)
    lab.kill_container("ticker")
    after = lab.wait_until("ticker", within=10).has_fresh_container_since(before)
    assert after.nodes == before.nodes
    lab.start_broker()
    lab.wait_until_all_live()
    wait_for("the manager knows the fresh container", lambda: [row["container_id"] for row in lab.manager.service_status("ticker")],
             lambda ids: ids == [after.containers[0].id], 20, lab.describe)


def test_a_server_that_cannot_reach_the_broker_is_unreachable_and_keeps_its_work(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.partition(victim, from_="kafka")
    lab.wait_until_node(victim, within=15).is_believed("unreachable")
    lab.nothing_changes("ticker", for_s=OUTAGE_S)
    lab.heal(victim)
    lab.wait_until_node(victim).is_believed("live")
    lab.nothing_changes("ticker", for_s=3)
    nobody_was_touched(lab)
