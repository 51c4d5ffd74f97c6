"""What runs already is watched in its place, restarted as it was, and let go without a trace."""

import pytest

from tests.lab import apps
from tests.lab.deployed import must
from tests.lab.harness.docker_api import EngineError
from tests.lab.harness.waiting import wait_for

NAME = "shop_db.1"
IMAGE = "by-hand/db"
SCRIPT = ("trap 'exit 0' TERM\ntrap 'echo panic: no luck' USR1\necho \"$(/bin/busybox cat /data/runs 2>/dev/null) run\" > /data/runs\n"
          "echo ready\nwhile :; do /bin/busybox sleep 0.1 & wait $!; done\n")


class ByHand:
    """A container that somebody made on a node, with a volume, a network of its own and a restart policy. Removed with its block."""

    def __init__(self, lab, folder, node):
        self.node = node
        self._engine = lab.node(node).engine
        self._folder = folder

    def __enter__(self):
        self._engine.build(apps.busybox_app(self._folder / "by_hand", SCRIPT), IMAGE)
        self._engine.call("POST", "/networks/create", body={"Name": "shop", "IPAM": {"Config": [{"Subnet": "10.213.7.0/24"}]}})
        self.id = self.run()
        return self

    def __exit__(self, *_):
        self.remove()
        try:
            self._engine.call("DELETE", "/networks/shop")
            self._engine.call("DELETE", "/volumes/shop-data")
        except EngineError as left:
            print(f"left behind: {left}")

    def run(self):
        made = self._engine.create(NAME, {
            "Image": IMAGE, "Env": ["ROOM=a b"], "Labels": {"com.docker.compose.service": "db"}, "Volumes": {"/nameless": {}},
            "HostConfig": {"NetworkMode": "shop", "Binds": ["shop-data:/data", "/etc/hostname:/conf:ro"],
                           "RestartPolicy": {"Name": "unless-stopped"}},
            "NetworkingConfig": {"EndpointsConfig": {"shop": {"Aliases": ["db"], "IPAMConfig": {"IPv4Address": "10.213.7.9"}}}}})
        self._engine.start(made)
        return made

    def remove(self):
        self._engine.remove(NAME)

    def strike(self, signal):
        self._engine.call("POST", f"/containers/{NAME}/kill", signal=signal)

    def seen(self):
        """Its inspection; None while no container has its name."""
        try:
            return self._engine.inspect(NAME)
        except EngineError:
            return None

    def policy(self):
        return self.seen()["HostConfig"]["RestartPolicy"]["Name"]

    def others(self):
        """Containers that were left while a fresh one was made."""
        return [each["Names"] for each in self._engine.containers() if any(NAME in name and name != f"/{NAME}" for name in each["Names"])]

    def wait_for_another(self, old, describe):
        return wait_for(f"another container than {old[:12]} runs", self.seen,
                        lambda seen: seen and seen["Id"] != old and seen["State"]["Running"], 20, describe)


def what_matters(inspected):
    networks = {name: (network["IPAMConfig"], sorted(alias for alias in network["Aliases"] or [] if alias != inspected["Id"][:12]))
                for name, network in inspected["NetworkSettings"]["Networks"].items()}
    config = {key: value for key, value in inspected["Config"].items() if key != "Hostname"}
    mounts = sorted((each["Type"], each["Source"], each["Destination"], each["RW"]) for each in inspected["Mounts"])
    return config, inspected["Image"], inspected["Name"], networks, mounts, inspected["HostConfig"]["RestartPolicy"]


def adopt(lab, by_hand, folder, *how):
    """With rules: it is ready since its first line."""
    rules = folder / "rules.yaml"
    rules.write_text("log_rules: [{name: ready, must_appear: ^ready, within: 1m}, {name: panic, must_not_appear: 'panic:', do: restart}]\n")
    must(lab, "adopt", NAME, "--node", by_hand.node, "--name", "db", "--rules", str(rules), *how)


def instance_of(lab, name):
    found = lab.manager.instances(name)
    return found[0] if len(found) == 1 else {}


def row_says(lab, name, status, container):
    wait_for(f"the table says {status}", lambda: lab.manager.service_status(name),
             lambda rows: [(row["status"], row["container_id"]) for row in rows] == [(status, container)], 10, lab.describe)


@pytest.fixture
def by_hand(lab, tmp_path):
    with ByHand(lab, tmp_path, sorted(lab.manager.node_states())[0]) as made:
        yield made


def test_what_was_adopted_comes_back_the_same_and_is_let_go_as_it_was(lab, by_hand):
    before = by_hand.seen()
    must(lab, "adopt", NAME, "--node", by_hand.node, "--name", "db")
    assert by_hand.seen()["Id"] == by_hand.id, "it was restarted"
    assert by_hand.policy() == "no"
    row_says(lab, "db", "ACTIVE", by_hand.id)
    assert NAME in must(lab, "ps", "db")
    assert NAME in must(lab, "explain", "workload", "db")

    by_hand.strike("KILL")
    fresh = by_hand.wait_for_another(by_hand.id, lab.describe)
    row_says(lab, "db", "ACTIVE", fresh["Id"])
    wait_for("only that one is left", by_hand.others, lambda left: not left, 10, lab.describe)

    must(lab, "rm", "db")
    assert by_hand.policy() == "unless-stopped"
    assert what_matters(by_hand.seen()) == what_matters(before)
    assert by_hand.seen()["State"]["StartedAt"] == fresh["State"]["StartedAt"], "it was restarted to be let go"


def test_a_bad_line_of_what_was_adopted_restarts_it(lab, by_hand, tmp_path):
    adopt(lab, by_hand, tmp_path, "--restart", "start")
    started = by_hand.seen()["State"]["StartedAt"]
    by_hand.strike("USR1")
    wait_for("it was started again", by_hand.seen, lambda seen: seen["State"]["Running"] and seen["State"]["StartedAt"] != started, 20, lab.describe)
    assert by_hand.seen()["Id"] == by_hand.id
    must(lab, "rm", "db")


def test_another_container_of_its_name_is_adopted_in_its_place(lab, by_hand, tmp_path):
    adopt(lab, by_hand, tmp_path)
    by_hand.remove()
    second = by_hand.run()
    wait_for("the second one is adopted", lambda: instance_of(lab, "db"),
             lambda seen: seen.get("container") == second and seen.get("state") == "running", 30, lab.describe)
    assert by_hand.policy() == "no"
    must(lab, "rm", "db")
    assert by_hand.policy() == "unless-stopped"


def test_an_agent_that_was_down_finds_what_it_adopted(lab, by_hand, tmp_path):
    adopt(lab, by_hand, tmp_path)
    lab.agent_down(by_hand.node)
    assert by_hand.seen()["State"]["Running"], "an agent that ends stops nothing"
    by_hand.strike("KILL")
    lab.agent_up(by_hand.node)
    fresh = by_hand.wait_for_another(by_hand.id, lab.describe)
    row_says(lab, "db", "ACTIVE", fresh["Id"])
    must(lab, "rm", "db")
    assert by_hand.policy() == "unless-stopped"


def test_what_was_adopted_can_be_stopped_and_started_again(lab, by_hand, tmp_path):
    adopt(lab, by_hand, tmp_path)
    must(lab, "stop", "db")
    assert not by_hand.seen()["State"]["Running"]
    row_says(lab, "db", "INACTIVE", None)
    must(lab, "restart", "db")
    wait_for("it runs", by_hand.seen, lambda seen: seen["State"]["Running"], 20, lab.describe)
    must(lab, "rm", "db")
    assert by_hand.seen()["State"]["Running"]


def test_what_is_not_there_cannot_be_adopted(lab):
    node = sorted(lab.manager.node_states())[0]
    done = lab.hearth("adopt", "nobody", "--node", node)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "there is no container 'nobody'" in done.stdout + done.stderr
    must(lab, "rm", "nobody")
