"""A workload starts after what it names: at its first start, when that is restarted, and on a node that boots alone."""

import time

from tests.lab import apps
from tests.lab.deployed import Deploying, Watching, described, must, must_deploy, reasons, signal_to, states
from tests.lab.harness.observing import engine_time
from tests.lab.harness.waiting import wait_for

OPENS_AFTER_S = 1
READY_ONCE_OPEN = "log_rules: [{name: open, must_appear: ^open, within: 30s}]\n"


def database(folder, *, more="", name="db"):
    """Is ready some time after its start, because it says so then. Fails when signalled."""
    app = apps.ticker(folder, first=f"trap 'exit 1' USR1\n/bin/busybox sleep {OPENS_AFTER_S}; echo open\n")
    return described(app, f"name: {name}\n{READY_ONCE_OPEN}{more}")


def dependent(folder, after, *, name="app", more=""):
    return described(apps.ticker(folder), f"name: {name}\nafter: {after}\nupdate: {{min_ready: 0s}}\n{more}")


def started_at(lab, container):
    return engine_time(lab.node(container.node).engine.inspect(container.id)["State"]["StartedAt"])


def waits(lab, name, words):
    wait_for(f"{name} waits, and says for what", lambda: (states(lab, name), reasons(lab, name)),
             lambda seen: seen[0] == ["pending"] and words in seen[1][0], 10, lab.describe)


def test_a_first_start_waits_until_the_other_is_ready(lab, tmp_path):
    opens_on_demand = apps.ticker(tmp_path / "db", first="trap 'echo open' USR1\n")
    with Deploying(lab, dependent(tmp_path / "app", "[db]")) as app, \
            Deploying(lab, dependent(tmp_path / "early", "{db: started}", name="early")) as early:
        waits(lab, "app", "it waits for 'db', which is not deployed")
        waits(lab, "early", "it waits for 'db', which is not deployed")
        with Deploying(lab, described(opens_on_demand, f"name: db\n{READY_ONCE_OPEN}")) as db:
            started = lab.wait_until("db").runs(1).containers[0]
            lab.wait_until("early", within=10).runs(1)
            waits(lab, "app", "it waits for 'db' to be ready")
            assert "'db' to be ready" in must(lab, "explain", "workload", "app")
            rows = lab.manager.service_status("app")
            assert [(row["status"], row["node_name"]) for row in rows] == [("INACTIVE", None)] and "'db' to be ready" in rows[0]["reason"]
            time.sleep(1)
            assert not lab.all_containers("app").containers
            opened = time.time()
            signal_to(lab, started)
            seen = lab.wait_until("app", within=10).runs(1).containers[0]
            assert started_at(lab, seen) > opened
            assert [each.result(within=20)[0] for each in (db, app, early)] == [0, 0, 0]


def test_a_cycle_is_refused_by_its_name(lab, tmp_path):
    must_deploy(lab, dependent(tmp_path / "a", "[c]", name="a", more="instances: 0\n"))
    must_deploy(lab, dependent(tmp_path / "b", "[a]", name="b", more="instances: 0\n"))
    refused = lab.hearth("deploy", str(dependent(tmp_path / "c", "[b]", name="c")))
    assert refused.returncode != 0
    assert "c → b → a → c" in refused.stdout + refused.stderr
    assert "c" not in lab.manager.workloads()


def test_a_restart_restarts_only_the_dependents_that_ask_for_it(lab, tmp_path):
    must_deploy(lab, database(tmp_path / "db"))
    must_deploy(lab, dependent(tmp_path / "app", "{db: {until: ready, restart_with_it: true}}"))
    must_deploy(lab, dependent(tmp_path / "other", "[db]", name="other"))
    other = lab.wait_until("other").runs(1)
    for restart in (lambda _: must(lab, "restart", "db"), lambda seen: signal_to(lab, seen.containers[0])):
        db, app = lab.wait_until("db").runs(1), lab.wait_until("app").runs(1)
        with Watching(lambda: lab.containers("app")) as watching:
            restart(db)
            fresh_db = lab.wait_until("db").has_fresh_container_since(db).containers[0]
            fresh = lab.wait_until("app").has_fresh_container_since(app).containers[0]
        assert started_at(lab, fresh) > started_at(lab, fresh_db) + OPENS_AFTER_S, "before it was ready"
        ids = [seen.ids for seen in watching.samples if not seen.unseen]
        assert set.union(*map(set, ids)) == {*app.ids, fresh.id}, "it was restarted more than once"
    assert lab.all_containers("other").ids == other.ids


def test_a_node_that_boots_cut_off_keeps_the_order(lab, tmp_path):
    node = "node2"
    must_deploy(lab, database(tmp_path / "db", more=f"node: {node}\n"))
    must_deploy(lab, dependent(tmp_path / "app", "[db]", more=f"node: {node}\n"))
    lab.break_power(node)
    lab.partition(node, from_=["kafka", "manager"])
    lab.power_cut(node)
    lab.power_on(node)
    running = wait_for("both run again", lambda: {name: lab.node(node).running(name) for name in ("db", "app")},
                       lambda seen: all(len(found) == 1 for found in seen.values()), 40, lab.describe)
    db, app = running["db"][0], running["app"][0]
    assert started_at(lab, app) > started_at(lab, db) + OPENS_AFTER_S, "before it was ready"
