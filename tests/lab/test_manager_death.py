"""A manager killed with -9 at any moment neither forgets nor repeats anything."""

import re
import subprocess
import time

from tests.lab import apps


def start_deploy(lab, folder, name, instances):
    manager = lab.manager
    return subprocess.Popen([lab.config.bin_dir / "hearth", "--manager", manager.url, "--token-file", manager.token_file,
                             "deploy", folder, "--name", name, "--instances", str(instances), "--min-ready", "0s"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_manager_killed_repeatedly_touches_nothing_that_runs(lab, ticker):
    lab.deploy(ticker, "ticker", instances=3)
    for _ in range(5):
        lab.kill_manager()
        lab.nothing_changes("ticker", for_s=1.5)
    lab.wait_until_all_live()
    lab.nothing_changes("ticker", for_s=5)
    assert not lab.switched_since_mark()


def test_a_manager_that_stays_down_stops_nothing_and_agents_still_restart(lab, ticker):
    before = lab.deploy(ticker, "ticker", instances=3)
    lab.manager_down()
    lab.nothing_changes("ticker", for_s=5)
    lab.kill_container("ticker")
    after = lab.wait_until("ticker", within=10).has_fresh_container_since(before)
    lab.manager_up()
    lab.wait_until_all_live()
    lab.nothing_changes("ticker", for_s=5)
    assert lab.all_containers("ticker").ids == after.ids


def generations_built(lab, name):
    """The generation of each finished build, from the event history."""
    built = lab.events_since_mark("workload.built", f"workload/{name}")
    return [int(re.match(r"generation (\d+) ", event["message"]).group(1)) for event in built]


def test_a_deploy_during_the_managers_death_is_neither_lost_nor_done_twice(lab, tmp_path):
    deploys = {}
    for attempt, delay_s in enumerate((0.05, 0.2, 0.4, 0.8, 1.5)):
        name = f"app{attempt}"
        folder = apps.build_witness(tmp_path / name)
        deploying = start_deploy(lab, folder, name, 2)
        time.sleep(delay_s)
        lab.kill_manager()
        said, _ = deploying.communicate(timeout=60)
        deploys[name] = 1
        if deploying.returncode != 0:  # The failure was reported; deploying again must work.
            lab.wait_until_all_live()
            deploys[name] = 2
            again = lab.hearth("deploy", str(folder), "--name", name, "--instances", "2", "--min-ready", "0s")
            assert again.returncode == 0, f"killed after {delay_s} s: {said}\nagain: {again.stdout}{again.stderr}"
        lab.wait_until(name).runs(2)
    lab.nothing_changes(*deploys, for_s=5)
    for name, times in deploys.items():
        containers = lab.all_containers(name).containers
        assert len(containers) == 2, containers
        # A second deploy is another generation. No generation is built twice, and all containers are of one build.
        built = generations_built(lab, name)
        assert len(set(built)) == len(built) and 1 <= len(built) <= times, built
        assert len({apps.build_of(lab, container) for container in containers}) == 1, containers


def test_a_failover_during_the_managers_death_is_completed_once(lab, ticker):
    victim = lab.deploy(ticker, "ticker").nodes[0]
    lab.power_cut(victim)
    for pause_s in (1.5, 1.0, 1.0, 1.0):
        time.sleep(pause_s)
        lab.kill_manager()
    lab.wait_until("ticker", within=30).runs_elsewhere_than(victim)
    lab.wait_until_node(victim, within=90).is_believed("live")
    moved = lab.wait_until("ticker").runs(1)
    lab.nothing_changes("ticker", for_s=6)
    assert lab.all_containers("ticker").ids == moved.ids
    assert {node for node, _ in lab.switched_since_mark()} == {victim}
    switched = [action for _, action in lab.switched_since_mark()]
    assert switched[-1] == "on" and len(switched) <= 6, switched
