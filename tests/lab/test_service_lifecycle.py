"""What a workload says about its own health decides what becomes of it: releases, log rules, probes, ends."""

import time

from tests.lab import apps
from tests.lab.deployed import Deploying, Watching, described, images_of, must_deploy, row_names, signal_to, states
from tests.lab.harness.waiting import wait_for


# -- releases


def test_a_release_that_fails_does_not_spread(lab, tmp_path):
    good = "{name: heater, instances: 3, update: {min_ready: 1s}}"
    must_deploy(lab, described(apps.ticker(tmp_path / "one", word="one"), good))
    first = lab.wait_until("heater").runs(3)
    first_image = images_of(lab, first)

    failing = apps.busybox_app(tmp_path / "two", "echo two; /bin/busybox sleep 3; echo no sensor; exit 1\n")
    with Watching(lambda: lab.containers("heater")) as watching:
        done = lab.hearth("deploy", str(described(failing, "{name: heater, instances: 3}")))
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "exit code 1" in said or "exited with code 1" in said, said
    kept = first.ids.intersection(*(seen.ids for seen in watching.samples if not seen.unseen))
    assert len(kept) >= 2, [str(seen) for seen in watching.samples]
    assert max(len(seen.ids - first.ids) for seen in watching.samples) == 1, "the release has spread"
    again = wait_for("only the first release runs, in three instances", lambda: lab.containers("heater"),
                     lambda seen: len(seen.containers) == 3 and images_of(lab, seen) == first_image, 30, lab.describe)
    assert kept <= again.ids

    must_deploy(lab, described(apps.ticker(tmp_path / "three", word="three"), good))
    third = lab.wait_until("heater").runs(3)
    assert not images_of(lab, third) & first_image
    done = lab.hearth("rollback", "heater")
    assert done.returncode == 0, done.stdout + done.stderr
    assert images_of(lab, lab.wait_until("heater").runs(3)) == first_image


def test_an_instance_whose_node_cannot_fetch_its_image_goes_elsewhere(lab, tmp_path):
    folder = apps.busybox_app(tmp_path / "heater", "trap 'exit 0' TERM\n/bin/busybox sleep 1000 & wait\n",
                              instructions=apps.run("/bin/busybox sleep 3"))
    described(folder, "{name: heater, instances: 3, resources: {cpu: 0.1}, update: {min_ready: 0s, placement_deadline: 2s}}")
    with Deploying(lab, folder) as deploying:
        builder = wait_for("it is being built", lambda: lab.manager.workloads()["heater"]["build_node"], bool, 10, lab.describe)
        victim = next(node for node in lab.nodes if node != builder)
        time.sleep(1)  # The builder has what it builds; the rest of the cluster waits for the image.
        lab.partition(victim, from_="manager")  # Heartbeats and assignments take the bus, which is not cut.
        code, said = deploying.result(within=120)
    assert code == 0, said
    assert victim not in lab.wait_until("heater").runs(3).nodes
    placed = [event["message"] for event in lab.events_since_mark("instance.placed")]
    assert any(f"placed on '{victim}'" in message for message in placed), f"nothing was placed on {victim}: {placed}"
    assert lab.manager.node_state(victim) == "live" and not lab.events_since_mark("node.dead")


def test_a_readiness_probe_holds_back_a_release(lab, tmp_path):
    text = "{name: heater, instances: 2, probes: {readiness: {http: {port: 8080, path: /ready}, period: 200ms}}}"
    must_deploy(lab, described(apps.web(tmp_path / "one", "echo > /www/ready"), text))
    before = lab.wait_until("heater").runs(2)
    with Deploying(lab, described(apps.web(tmp_path / "two", "", on_usr1="echo > /www/ready"), text)) as deploying:
        for awaited in (1, 2):
            seen = wait_for(f"instance {awaited} of the release runs", lambda: lab.all_containers("heater"),
                            lambda seen, awaited=awaited: len(seen.ids - before.ids) == awaited, 60, lab.describe)
            lab.nothing_changes("heater", for_s=3)  # Without the probe it would be ready at once.
            assert len(seen.ids & before.ids) >= 2 - awaited + 1, f"one was stopped before its successor was ready: {seen}"
            assert not deploying.done() and lab.manager.workloads()["heater"]["phase"] == "rolling_out"
            fresh = [each for each in seen.containers if each.id not in before.ids]
            signal_to(lab, max(fresh, key=lambda each: each.created_at))
        code, said = deploying.result(within=60)
    assert code == 0, said
    assert not lab.wait_until("heater").runs(2).ids & before.ids


# -- log rules and probes


TELLS_OF_FATE = "trap 'echo FATAL the sensor is gone' USR1\n"


def test_a_service_whose_log_turns_bad_is_replaced_before_it_fails(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "heater", first=TELLS_OF_FATE), """
name: heater
update: {min_ready: 1s}
log_rules:
  - {name: sensor-gone, must_not_appear: ^FATAL, do: replace}
"""))
    before = lab.wait_until("heater").runs(1)
    old = before.containers[0]
    row_names(lab, "heater", old)
    observe = {"engines": lambda: lab.containers("heater"), "rows": lambda: lab.manager.service_status("heater")}
    with Watching(observe["engines"]) as engines, Watching(observe["rows"]) as rows:
        signal_to(lab, old)
        after = wait_for("another container has taken over", lambda: lab.all_containers("heater"),
                         lambda seen: len(seen.containers) == 1 and seen.ids != before.ids, 30, lab.describe)
        row_names(lab, "heater", after.containers[0])
    sizes = [len(seen.containers) for seen in engines.samples if not seen.unseen]
    assert min(sizes) == 1 and max(sizes) == 2, sizes
    assert {tuple(row["status"] for row in sample) for sample in rows.samples} == {("ACTIVE",)}
    assert [sample[0]["container_id"] for sample in (rows.samples[0], rows.samples[-1])] == [old.id, after.containers[0].id]
    lab.nothing_changes("heater", for_s=3)


def test_a_log_rule_restarts_a_service_in_a_fresh_container(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "heater", first=TELLS_OF_FATE), """
name: heater
update: {min_ready: 0s}
log_rules:
  - {name: sensor-gone, must_not_appear: ^FATAL, do: restart}
"""))
    before = lab.wait_until("heater").runs(1)
    signal_to(lab, before.containers[0])
    fresh = lab.wait_until("heater", within=10).has_fresh_container_since(before).containers[0]
    assert fresh.node == before.containers[0].node
    row_names(lab, "heater", fresh)
    noticed = [event["message"] for event in lab.events_since_mark("instance.noticed")]
    assert len(noticed) == 1 and "'sensor-gone'" in noticed[0] and "FATAL the sensor is gone" in noticed[0], noticed
    assert [each["restarts"] for each in lab.manager.instances("heater")] == [1]


def test_a_liveness_probe_restarts_what_does_not_answer(lab, tmp_path):
    text = "{name: heater, probes: {liveness: {http: {port: 8080, path: /alive}, period: 200ms, failures: 3}}, update: {min_ready: 0s}}"
    must_deploy(lab, described(apps.web(tmp_path / "heater", "echo > /www/alive", on_usr1="/bin/busybox rm /www/alive"), text))
    before = lab.wait_until("heater").runs(1)
    lab.nothing_changes("heater", for_s=2)  # Ten checks.
    signal_to(lab, before.containers[0])
    fresh = lab.wait_until("heater", within=15).has_fresh_container_since(before).containers[0]
    assert fresh.node == before.containers[0].node
    row_names(lab, "heater", fresh)
    lab.nothing_changes("heater", for_s=2)


def test_a_paused_container_is_seen(lab, tmp_path):
    must_deploy(lab, described(apps.ticker(tmp_path / "heater"), """
name: heater
update: {min_ready: 0s}
log_rules:
  - {name: alive, must_recur: tick, every: 2s, do: restart}
"""))
    container = lab.wait_until("heater").runs(1).containers[0]
    engine = lab.node(container.node).engine
    engine.call("POST", f"/containers/{container.id}/pause")
    wait_for("it is paused", lambda: states(lab, "heater"), lambda seen: seen == ["paused"], 10, lab.describe)
    time.sleep(4)  # Longer than the rule waits.
    assert states(lab, "heater") == ["paused"]
    engine.call("POST", f"/containers/{container.id}/unpause")
    wait_for("it runs", lambda: states(lab, "heater"), lambda seen: seen == ["running"], 10, lab.describe)
    lab.nothing_changes("heater", for_s=3)
    assert lab.all_containers("heater").ids == {container.id}
    assert not lab.events_since_mark("instance.noticed") and len(lab.events_since_mark("instance.started")) == 1


# -- ends


def test_a_oneshot_that_exits_0_is_complete(lab, tmp_path):
    must_deploy(lab, described(apps.busybox_app(tmp_path / "job", "echo done\n"), "{name: job, kind: oneshot}"))
    wait_for("it is complete", lambda: states(lab, "job"), lambda seen: seen == ["completed"], 10, lab.describe)
    job, since = lab.manager.instances("job")[0], time.time()
    started = lab.unit_pid(job["node"], "hearth-agent")
    lab.kill_agent(job["node"])
    wait_for("its agent is back", lambda: lab.unit_pid(job["node"], "hearth-agent"), lambda pid: pid not in (None, started), 20, lab.describe)
    time.sleep(5)  # A restart would come at once.
    lab.nobody_died()
    assert not [start for node in lab.nodes.values() for start in node.starts_since(since, "job")]
    after = lab.manager.instances("job")
    assert [(each["state"], each["container"], each["restarts"]) for each in after] == [("completed", job["container"], 0)], after
    assert len(lab.events_since_mark("instance.exited")) == 1 and not lab.events_since_mark("workload.failed")


def test_what_a_oneshot_completed_is_not_done_again_when_its_node_dies(lab, tmp_path):
    must_deploy(lab, described(apps.busybox_app(tmp_path / "job", "echo done\n"), "{name: job, kind: oneshot}"))
    wait_for("it is complete", lambda: states(lab, "job"), lambda seen: seen == ["completed"], 10, lab.describe)
    [done], since = lab.manager.instances("job"), time.time()
    lab.power_cut(done["node"])
    wait_for(f"{done['node']} is dead", lambda: lab.events_since_mark("node.dead"), bool, 15, lab.describe)
    lab.wait_until_node(done["node"], within=60).is_believed("live")
    time.sleep(3)  # Another instance would come with the death, the same one with its node.
    assert not [start for node in lab.nodes.values() for start in node.starts_since(since, "job")]
    assert [(each["id"], each["state"]) for each in lab.manager.instances("job")] == [(done["id"], "completed")]
    assert len(lab.events_since_mark("instance.started")) == 1


def test_the_exit_of_a_child_for_lack_of_memory_is_reported_as_such(lab, tmp_path):
    script = "/bin/busybox dd if=/dev/zero of=/dev/null bs=96M count=1; echo child ended with $?; /bin/busybox sleep 1; exit 0\n"
    must_deploy(lab, described(apps.busybox_app(tmp_path / "job", script), "{name: job, kind: oneshot, resources: {memory: 32M}}"))
    exited = wait_for("its end is reported", lambda: lab.events_since_mark("instance.exited"), bool, 10, lab.describe)
    assert len(exited) == 1 and "exit code 0" in exited[0]["message"], exited
    assert "a child process of it had been killed, out of memory" in exited[0]["message"], exited
