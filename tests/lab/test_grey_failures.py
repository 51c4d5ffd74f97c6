"""What neither works nor fails in the open: docs/internals/grey_failures.md names these tests."""

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager

from tests.lab import apps
from tests.lab.deployed import described, must, must_deploy, noticed, row_names, signal_to, states
from tests.lab.harness import pressure
from tests.lab.harness.waiting import wait_for

NODE = "node2"
HERE = f"node: {NODE}\nupdate: {{min_ready: 0s}}\n"


def problem(lab, node=NODE):
    return next(each["problem"] for each in lab.manager.json("node", "list")["items"] if each["name"] == node)


def starts(lab, began, *names):
    return {name: len(lab.node(NODE).starts_since(began, name)) for name in names}


def in_node(lab, *command, node=NODE):
    """Runs a command in the file systems of the node."""
    subprocess.run(["nsenter", f"--mount=/proc/{lab.pid_of(node)}/ns/mnt", *command], check=True)


@contextmanager
def stopped(pid):
    """The process stands still during the block, and answers nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def shim_of(lab, container):
    """The process between the runtime and a container: it carries its output, and reaps its main process."""
    with open(f"/proc/{lab.container_pid(container)}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


# -- the runtime


def test_while_the_runtime_hangs_nothing_is_restarted_and_then_only_what_died(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "well"), f"""
name: well
{HERE}
log_rules:
  - {{name: alive, must_recur: tick, every: 2s, do: restart}}
  - {{name: quiet, silence: 2s, do: restart}}
"""))
    must_deploy(lab, described(apps.ticker(tmp_path / "victim"), f"name: victim\n{HERE}"))
    well, victim = (lab.wait_until(name).runs(1) for name in ("well", "victim"))
    victims_pid, began = lab.container_pid(victim.containers[0]), time.time()
    with stopped(lab.unit_pid(NODE, "dockerd")):
        time.sleep(1)
        os.kill(victims_pid, signal.SIGKILL)
        wait_for("its node's problem says so", lambda: problem(lab), lambda said: "cannot be listed" in said, 45, lab.describe)
        assert lab.manager.node_state(NODE) == "live"
    lab.wait_until("victim", within=15).has_fresh_container_since(victim)
    wait_for("the problem is over", lambda: problem(lab), lambda said: not said, 15, lab.describe)
    time.sleep(3)
    assert starts(lab, began, "well", "victim") == {"well": 0, "victim": 1}
    assert lab.all_containers("well").ids == well.ids
    assert not noticed(lab, "'well"), noticed(lab)


def counts_alarms(folder):
    return described(apps.ticker(folder, first="trap 'echo alarm' USR1\n"), f"""
name: counted
{HERE}
log_rules:
  - {{name: three, must_not_appear: ^alarm, count: 3, within: 10m, do: event}}
  - {{name: alive, must_recur: tick, every: 3s, do: restart}}
""")


def restart_engine(lab, meanwhile=lambda: None):
    """As its service manager does it: asked to end, and started again."""
    pid = lab.unit_pid(NODE, "dockerd")
    lab.engine_down(NODE)
    meanwhile()
    lab.engine_up(NODE)
    wait_for("the engine is ready", lab.node(NODE).engine.is_ready, bool, 30, lab.describe)
    assert lab.unit_pid(NODE, "dockerd") != pid


def test_with_live_restore_containers_outlive_the_engine_and_no_line_is_lost_or_read_twice(lab, tmp_path):
    must_deploy(lab, counts_alarms(tmp_path / "app"))
    container = lab.wait_until("counted").runs(1).containers[0]
    row_names(lab, "counted", container)
    settings = f"/proc/{lab.pid_of(NODE)}/root/etc/docker"
    os.makedirs(settings, exist_ok=True)
    with open(f"{settings}/daemon.json", "w") as file:
        json.dump({"live-restore": True}, file)
    os.kill(lab.unit_pid(NODE, "dockerd"), signal.SIGHUP)
    wait_for("it has taken over its settings", lambda: lab.node(NODE).engine.call("GET", "/info")["LiveRestoreEnabled"], bool, 10)
    try:
        pid, began = lab.container_pid(container), time.time()
        signal_to(lab, container)
        time.sleep(1)
        restart_engine(lab, meanwhile=lambda: os.kill(pid, signal.SIGUSR1))
        time.sleep(3)
        assert lab.all_containers("counted").ids == {container.id} and lab.container_pid(container) == pid
        assert not noticed(lab), "a line was read twice"
        os.kill(pid, signal.SIGUSR1)
        wait_for("all three lines were read", lambda: noticed(lab, "'three'"), lambda said: len(said) == 1, 10, lab.describe)
        assert starts(lab, began, "counted") == {"counted": 0}
        assert not lab.events_since_mark("instance.exited") and len(lab.events_since_mark("instance.started")) == 1
    finally:
        os.unlink(f"{settings}/daemon.json")
        os.kill(lab.unit_pid(NODE, "dockerd"), signal.SIGHUP)


def test_without_live_restore_everything_comes_back_once(lab, tmp_path):
    must_deploy(lab, counts_alarms(tmp_path / "app"))
    must_deploy(lab, described(apps.ticker(tmp_path / "other"), f"name: other\ninstances: 3\n{HERE}"))
    restart_engine(lab)
    lab.wait_until("other").runs(3)
    lab.wait_until("counted").runs(1)
    lab.nothing_changes("other", "counted", for_s=2)
    began = 0  # The engine knows the starts since its own.
    assert starts(lab, began, "counted", "other") == {"counted": 1, "other": 3}
    assert states(lab, "counted") == ["running"] and not lab.events_since_mark("instance.crash_loop")
    assert not noticed(lab), noticed(lab)


# -- containers


def test_a_process_that_ignores_its_signal_is_killed_after_its_grace(lab, tmp_path):
    deaf = apps.busybox_app(tmp_path / "deaf", "trap '' TERM\nwhile :; do /bin/busybox sleep 0.1; done\n")
    must_deploy(lab, described(deaf, f"name: deaf\nstop: {{grace: 1s}}\n{HERE}"))
    before = lab.wait_until("deaf").runs(1)
    begin = time.monotonic()
    must(lab, "restart", "deaf")
    lab.wait_until("deaf").has_fresh_container_since(before)
    must(lab, "stop", "deaf")
    lab.wait_until("deaf", within=10).is_gone()
    assert 2 <= time.monotonic() - begin < 12


def test_a_container_whose_output_is_stuck_and_that_cannot_be_stopped_holds_up_nobody(lab, tmp_path):
    for name, replace in (("beside", "start_first"), ("alone", "stop_first")):
        must_deploy(lab, described(apps.ticker(tmp_path / name), f"""
name: {name}
replace: {replace}
stop: {{grace: 1s}}
{HERE}
log_rules: [{{name: alive, must_recur: tick, every: 1s, do: restart}}]
"""))
    beside, alone = (lab.wait_until(name).runs(1).containers[0] for name in ("beside", "alone"))
    with stopped(shim_of(lab, beside)), stopped(shim_of(lab, alone)):
        for name in ("beside", "alone"):
            wait_for(f"'{name}' was noticed to be silent", lambda name=name: noticed(lab, f"'{name}-"), bool, 10, lab.describe)
        seen = wait_for("a fresh one runs beside the one that must be replaced", lambda: lab.all_containers("beside"),
                        lambda seen: len(seen.containers) == 2 and beside.id in seen.ids, 30, lab.describe)
        fresh = next(each for each in seen.containers if each.id != beside.id)
        row_names(lab, "beside", fresh)
        wait_for("the other one waits, and says why", lambda: lab.manager.instances("alone"),
                 lambda seen: seen[0]["state"] == "starting" and seen[0]["cannot_start"] and "cannot be stopped" in seen[0]["reason"], 10, lab.describe)
        assert lab.all_containers("alone").ids == {alone.id}
        time.sleep(1)
        assert {name: len(noticed(lab, f"'{name}-")) for name in ("beside", "alone")} == {"beside": 2, "alone": 2}, noticed(lab)
    wait_for("only the fresh one is left", lambda: lab.all_containers("beside").ids, lambda ids: ids == {fresh.id}, 30, lab.describe)
    wait_for("the other one is replaced, too", lambda: lab.all_containers("alone").ids,
             lambda ids: len(ids) == 1 and alone.id not in ids, 30, lab.describe)


def test_a_container_that_cannot_be_removed_holds_up_no_fresh_one(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "app"), f"name: heater\n{HERE}"))
    old = lab.wait_until("heater").runs(1).containers[0]
    row_names(lab, "heater", old)
    left = f"/var/lib/docker/containers/{old.id}/checkpoints"
    in_node(lab, "chattr", "+i", left)
    try:
        lab.kill_container("heater")
        fresh = wait_for("a fresh one runs", lambda: lab.all_containers("heater").containers,
                         lambda seen: len(seen) == 1 and seen[0].id != old.id, 10, lab.describe)[0]
        row_names(lab, "heater", fresh)
        wait_for("the old one cannot be removed", lambda: lab.node(NODE).engine.inspect(old.id)["State"]["Status"],
                 lambda state: state in ("dead", "removing"), 10, lab.describe)
        lab.nothing_changes("heater", for_s=2)
    finally:
        in_node(lab, "chattr", "-i", left)
    wait_for("it is removed in the end", lambda: {each.id for each in lab.node(NODE).containers("heater")}, lambda left: left == {fresh.id}, 15, lab.describe)
    assert [each["restarts"] for each in lab.manager.instances("heater")] == [1]


@contextmanager
def no_room_for_containers(lab, node):
    """The file system on which the node's engine keeps its containers is full."""
    folder = "/var/lib/docker/containers"
    in_node(lab, "mount", "-t", "tmpfs", "-o", "size=16k", "none", folder, node=node)
    try:
        subprocess.run(["nsenter", f"--mount=/proc/{lab.pid_of(node)}/ns/mnt", "dd", "if=/dev/zero", f"of={folder}/full", "bs=16k"], stderr=subprocess.DEVNULL)
        yield
    finally:
        in_node(lab, "umount", folder, node=node)


def test_what_cannot_be_created_because_the_disk_is_full_is_started_elsewhere(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "app"), "{name: heater, update: {min_ready: 0s, placement_deadline: 2s}}"))
    node = lab.wait_until("heater").runs(1).containers[0].node
    with no_room_for_containers(lab, node):
        lab.kill_container("heater")
        wait_for("it is said why it cannot start", lambda: lab.manager.instances("heater"),
                 lambda seen: any(each["cannot_start"] and "no space left" in each["reason"] for each in seen), 10, lab.describe)
        lab.wait_until("heater").runs_elsewhere_than(node)
        assert lab.manager.node_state(node) == "live"
    wait_for("nothing of it is left there", lambda: lab.node(node).containers("heater"), lambda left: not left, 20, lab.describe)


def test_an_image_that_somebody_pruned_is_fetched_again_and_not_built(lab, tmp_path):
    must_deploy(lab, described(apps.build_witness(tmp_path / "app"), f"name: heater\n{HERE}"))
    first = lab.wait_until("heater").runs(1)
    build, engine = apps.build_of(lab, first.containers[0]), lab.node(NODE).engine
    image = engine.inspect(first.containers[0].id)["Image"]
    for reference in engine.call("GET", f"/images/{image}/json")["RepoTags"]:
        engine.call("DELETE", f"/images/{reference}", force=True)
    lab.kill_container("heater")
    second = lab.wait_until("heater", within=15).has_fresh_container_since(first)
    assert apps.build_of(lab, second.containers[0]) == build

    must(lab, "stop", "heater")
    lab.wait_until("heater").is_gone()
    engine.call("POST", "/images/prune", filters={"dangling": ["false"]})
    assert not lab.node(NODE).images()
    must(lab, "restart", "heater")
    assert apps.build_of(lab, lab.wait_until("heater", within=15).runs(1).containers[0]) == build
    assert len(lab.events_since_mark("workload.built")) == 1


# -- the node


def test_what_a_starved_node_fails_to_do_is_not_held_against_its_services(lab, tmp_path):
    probed = apps.web(tmp_path / "probed", "echo > /www/alive", on_usr1="/bin/busybox rm /www/alive")
    must_deploy(lab, described(probed, f"name: probed\n{HERE}\nprobes: {{liveness: {{http: {{port: 8080, path: /alive}}, period: 200ms}}}}\n"))
    must_deploy(lab, described(apps.ticker(tmp_path / "dies"), f"name: dies\n{HERE}"))
    before = {name: lab.wait_until(name).runs(1) for name in ("probed", "dies")}
    with pressure.measured(lab.pid_of(NODE), "cpu"), busy_processors(os.cpu_count() + 2):
        lab.kill_agent(NODE)  # It reads the file that it opened first.
        wait_for("the node is short of CPU", lambda: problem(lab), lambda said: "short of CPU" in said, 25, lab.describe)
        signal_to(lab, before["probed"].containers[0])
        lab.kill_container("dies")
        lab.wait_until("dies", within=10).has_fresh_container_since(before["dies"])
        wait_for("it is said that nothing follows", lambda: noticed(lab, "not acted on, because its node is short of CPU"), bool, 10, lab.describe)
        lab.nothing_changes("probed", for_s=2)
        must_deploy(lab, described(apps.ticker(tmp_path / "new"), f"name: new\n{HERE}"))  # It gets work all the same.
    lab.kill_agent(NODE)  # What it reads from now on is calm.
    lab.wait_until("probed", within=15).has_fresh_container_since(before["probed"])
    wait_for("the shortage is over", lambda: problem(lab), lambda said: not said, 5, lab.describe)


@contextmanager
def busy_processors(count):
    """As many processes as that want to run all the time, behind everything else that does; for 60 s at most."""
    busy = [subprocess.Popen(["timeout", "60", "nice", "-n", "19", "sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in busy:
            each.terminate()  # timeout passes it on.
        for each in busy:
            each.wait()
