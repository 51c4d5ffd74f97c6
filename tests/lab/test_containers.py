"""A container that dies is replaced by a fresh one, on its node, at once."""

import subprocess

from tests.lab import apps
from tests.lab.harness.waiting import wait_for


def sqlite_shell(lab, query):
    done = subprocess.run(["sqlite3", "-json", lab.manager.database, query], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def status_rows(lab, app):
    return lab.manager.service_status(app)


def test_a_deployed_application_runs_and_its_log_is_read(lab, ticker):
    seen = lab.deploy(ticker, "ticker")
    assert len(seen.containers) == 1
    wait_for("its log is read", lambda: lab.hearth("logs", "ticker", timeout_s=10).stdout, lambda said: "tick 3" in said, 10, lab.describe)
    assert lab.manager.workloads()["ticker"]


def test_a_killed_container_is_replaced_by_a_fresh_one_on_its_node(lab, tmp_path):
    before = lab.deploy(apps.marker(tmp_path / "marker"), "marker")
    container, _ = lab.kill_container("marker")
    after = lab.wait_until("marker", within=10).has_fresh_container_since(before)
    assert after.nodes == [container.node]
    fresh = after.containers[0]
    said = wait_for("it says something", lambda: lab.node(fresh.node).logs(fresh), lambda said: "tick" in said, 10)
    assert said.startswith("clean"), said
    assert not [each for each in lab.node(container.node).running("marker") if each.id == container.id]


def test_the_status_table_names_the_new_container_and_its_servers_address(lab, ticker):
    before = lab.deploy(ticker, "ticker")
    old = before.containers[0]
    wait_for("the table names the container", lambda: status_rows(lab, "ticker"),
             lambda rows: [(row["status"], row["container_id"]) for row in rows] == [("ACTIVE", old.id)], 10, lab.describe)
    lab.kill_container("ticker")
    fresh = lab.wait_until("ticker", within=10).has_fresh_container_since(before).containers[0]
    # The engine shows the container: the table follows with the next report.
    expected = ("ACTIVE", fresh.id, fresh.node, lab.address(fresh.node))
    wait_for("the table names the fresh container", lambda: status_rows(lab, "ticker"),
             lambda rows: [tuple(row[key] for key in ("status", "container_id", "node_name", "node_ip")) for row in rows] == [expected],
             10, lab.describe)
    assert fresh.id in sqlite_shell(lab, "SELECT service, status, container_id FROM service_status")


def test_a_stopped_application_is_inactive_and_runs_nowhere(lab, ticker):
    lab.deploy(ticker, "ticker", instances=2)
    assert lab.hearth("stop", "ticker").returncode == 0
    lab.wait_until("ticker").is_gone()
    wait_for("the table says so", lambda: {row["status"] for row in status_rows(lab, "ticker")},
             lambda said: said == {"INACTIVE"}, 10, lab.describe)


def test_a_removed_application_leaves_no_container_behind(lab, ticker):
    lab.deploy(ticker, "ticker", instances=3)
    assert lab.hearth("rm", "ticker").returncode == 0
    wait_for("no container of it is left", lambda: [str(each) for node in lab.nodes.values() for each in node.containers("ticker")],
             lambda left: not left, 30, lab.describe)
    # The manager forgets it with the report that its last container is gone.
    wait_for("the manager has forgotten it", lab.manager.workloads, lambda known: "ticker" not in known, 10, lab.describe)


def test_a_killed_docker_engine_restarts_only_its_own_containers(lab, ticker):
    before = lab.deploy(ticker, "ticker", instances=3)
    victim = before.nodes[0]
    lab.kill_engine(victim)
    wait_for("its engine is ready", lab.node(victim).engine.is_ready, bool, 30)
    after = lab.wait_until("ticker", within=30).runs(3)
    untouched = {each.id for each in before.containers if each.node != victim}
    assert untouched <= after.ids, f"before: {before}\nafter: {after}"


def test_a_killed_agent_is_back_and_has_touched_nothing(lab, ticker):
    lab.deploy(ticker, "ticker", instances=3)
    lab.kill_agent("node1")
    lab.nothing_changes("ticker", for_s=5)
    lab.nobody_died()
    assert not lab.switched_since_mark()
