"""Services that many platforms run, watched through their own logs with the rules that ship in examples/rules."""

import os
import signal
import subprocess
import time

from tests.lab import real_services
from tests.lab.harness.waiting import wait_for

COMMAND_S = 10


def deployed(lab, folder, name, fields, rules):
    """Deploys the folder as a service with the shipped rules; returns its container once it is ready."""
    (folder / "hearth.yaml").write_text(f"name: {name}\nkind: service\n{fields}{(real_services.RULES / rules).read_text()}")
    done = lab.hearth("deploy", str(folder))
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{lab.describe()}"
    return lab.wait_until(name).runs(1).containers[0]


def from_node(lab, container, *command):
    """Runs a client of this machine in the network of the container's node."""
    return subprocess.run(["nsenter", f"--net=/proc/{lab.pid_of(container.node)}/ns/net", *command],
                          text=True, capture_output=True, timeout=COMMAND_S)


def address_of(lab, container):
    return lab.node(container.node).engine.inspect(container.id)["NetworkSettings"]["IPAddress"]


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def command_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().replace(b"\0", b" ").decode(errors="replace")


def noticed(lab, rule):
    return [event["message"] for event in lab.events_since_mark("instance.noticed") if f"'{rule}'" in event["message"]]


def fresh_container(lab, service, before):
    return wait_for("a fresh container runs", lambda: lab.all_containers(service).containers,
                    lambda seen: len(seen) == 1 and seen[0].id != before.id, 20, lab.describe)[0]


def row_names(lab, service, container):
    wait_for(f"the row of {service} names container {container.id[:12]}", lambda: lab.manager.service_status(service),
             lambda rows: [(row["status"], row["container_id"], row["node_ip"]) for row in rows]
             == [("ACTIVE", container.id, lab.address(container.node))], 10, lab.describe)


# -- PostgreSQL


def sql(lab, container, statement):
    done = from_node(lab, container, "psql", "-X", "-At", "-h", address_of(lab, container), "-U", "postgres", "-c", statement)
    return done.stdout.strip() if done.returncode == 0 else f"failed: {done.stderr}"


def kill_a_backend(lab, container):
    """SIGKILL to the server process of a session, as the kernel does it for lack of memory."""
    with subprocess.Popen(["nsenter", f"--net=/proc/{lab.pid_of(container.node)}/ns/net", "psql", "-X", "-h", address_of(lab, container),
                           "-U", "postgres", "-c", "select pg_sleep(60)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as session:
        try:
            server = lab.container_pid(container)
            backend, = wait_for("the session has a server process", lambda: [pid for pid in children_of(server) if "SELECT" in command_of(pid)],
                                lambda found: len(found) == 1, 10)
            os.kill(backend, signal.SIGKILL)
        finally:
            session.kill()


def test_postgresql_that_keeps_crashing_is_restarted(lab, tmp_path):
    container = deployed(lab, real_services.postgresql(tmp_path / "database"), "database", """
resources: {memory: 256M}
stop: {signal: SIGINT}
probes: {readiness: {tcp: {port: 5432}, period: 500ms}}
""", "postgresql.yaml")
    row_names(lab, "database", container)
    assert sql(lab, container, "select 40 + 2") == "42"
    for crash in (1, 2, 3):
        kill_a_backend(lab, container)
        if crash < 3:  # It mends itself, and is left alone.
            wait_for("it answers again", lambda: sql(lab, container, "select 1"), lambda said: said == "1", 15, lab.describe)
            assert lab.all_containers("database").ids == {container.id}
    fresh = fresh_container(lab, "database", container)
    wait_for("it answers", lambda: sql(lab, fresh, "select 1"), lambda said: said == "1", 15, lab.describe)
    row_names(lab, "database", fresh)
    assert len(noticed(lab, "backend-crashed")) == 1, lab.events_since_mark("instance.noticed")
    restarted = noticed(lab, "crashing")
    assert len(restarted) == 1 and "reinitializing" in restarted[0], restarted
    previous = lab.hearth("logs", "database", "--previous")
    assert "terminated by signal 9" in previous.stdout, previous


# -- HAProxy


def health(lab, service):
    return [each["health"] for each in lab.manager.instances(service)]


def test_haproxy_without_servers_is_marked_until_they_are_back(lab, tmp_path):
    container = deployed(lab, real_services.haproxy(tmp_path / "balancer"), "balancer", """
probes: {readiness: {http: {port: 8080, path: /haproxy.cfg}, period: 500ms, failures: 1000}}
""", "haproxy.yaml")
    shell = lab.container_pid(container)
    os.kill(shell, signal.SIGUSR1)
    wait_for("it is degraded", lambda: health(lab, "balancer"), lambda seen: seen == ["degraded"], 15, lab.describe)
    assert len(noticed(lab, "nobody-left")) == 1 and noticed(lab, "server-down"), lab.events_since_mark("instance.noticed")
    explained = lab.hearth("explain", "workload", "balancer").stdout
    assert "nobody-left" in explained, explained
    assert lab.all_containers("balancer").ids == {container.id}, "another HAProxy would find the same servers down"
    assert [row["status"] for row in lab.manager.service_status("balancer")] == ["ACTIVE"]

    os.kill(shell, signal.SIGUSR2)
    worker = wait_for("it has a worker", lambda: [child for pid in children_of(shell) if "haproxy" in command_of(pid) for child in children_of(pid)],
                      lambda found: len(found) == 1, 10)[0]
    os.kill(worker, signal.SIGKILL)
    fresh = fresh_container(lab, "balancer", container)
    wait_for("it is ready", lambda: health(lab, "balancer"), lambda seen: seen == ["ready"], 15, lab.describe)
    row_names(lab, "balancer", fresh)


# -- Mosquitto


def publish(lab, container, password):
    return from_node(lab, container, "mosquitto_pub", "-h", address_of(lab, container), "-u", "sensor", "-P", password, "-t", "room/1", "-m", "21.5")


def test_mosquitto_says_who_is_refused_and_comes_back_with_its_last_words_kept(lab, tmp_path):
    broker = deployed(lab, real_services.mosquitto(tmp_path / "mqtt"), "mqtt", "probes: {readiness: {tcp: {port: 1883}, period: 500ms}}\n", "mosquitto.yaml")
    assert publish(lab, broker, "right").returncode == 0
    for _ in range(7):
        assert publish(lab, broker, "wrong").returncode != 0
    wait_for("many refused clients are an event", lambda: noticed(lab, "refused"), bool, 10, lab.describe)
    time.sleep(1)
    assert len(noticed(lab, "refused")) == 1 and lab.all_containers("mqtt").ids == {broker.id}

    lab.kill_container("mqtt")
    fresh = fresh_container(lab, "mqtt", broker)
    row_names(lab, "mqtt", fresh)
    assert publish(lab, fresh, "right").returncode == 0
    previous = lab.hearth("logs", "mqtt", "--previous").stdout
    assert "not authorised" in previous, previous
