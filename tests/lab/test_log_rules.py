"""Each condition of a log rule, on the log of a real container."""

import signal
import time

from tests.lab import apps
from tests.lab.deployed import Deploying, described, must, must_deploy, noticed, signal_to, states
from tests.lab.harness.waiting import wait_for

OBEYS = ("trap 'echo refused, retrying' USR1\ntrap 'echo refused' USR2\ntrap 'falls_silent=1' HUP\ntrap 'exit 0' TERM\n"
         "while :; do [ $falls_silent ] || echo tick; /bin/busybox sleep 0.1 & wait $!; done\n")


def health(lab, name):
    return [each["health"] for each in lab.manager.instances(name)]


def test_lines_that_come_and_lines_that_are_missing(lab, tmp_path):
    must_deploy(lab, described(apps.busybox_app(tmp_path / "heater", OBEYS), """
name: heater
update: {min_ready: 0s}
log_rules:
  - {name: refused, must_not_appear: refused, unless: retrying, hold_off: 1h}
  - {name: alive, must_recur: ^tick, every: 1s, hold_off: 1h}
  - {name: quiet, silence: 2s, do: mark}
"""))
    container = lab.wait_until("heater").runs(1).containers[0]
    signal_to(lab, container, signal.SIGUSR1)
    time.sleep(1.5)
    assert not noticed(lab), "spared by unless; and something recurs"
    for _ in range(3):
        signal_to(lab, container, signal.SIGUSR2)
        time.sleep(0.2)
    wait_for("the line is an event", lambda: noticed(lab, "'refused'"), bool, 5, lab.describe)

    signal_to(lab, container, signal.SIGHUP)
    wait_for("it is said that the line does not recur", lambda: noticed(lab, "'alive'"), bool, 5, lab.describe)
    wait_for("silence marks it", lambda: health(lab, "heater"), lambda seen: seen == ["degraded"], 5, lab.describe)
    assert "'quiet'" in must(lab, "explain", "workload", "heater")
    assert [row["status"] for row in lab.manager.service_status("heater")] == ["ACTIVE"]
    signal_to(lab, container, signal.SIGUSR1)
    wait_for("a line ends the mark", lambda: health(lab, "heater"), lambda seen: seen == ["ready"], 5, lab.describe)
    assert {rule: len(noticed(lab, f"'{rule}'")) for rule in ("refused", "alive", "quiet")} == {"refused": 1, "alive": 1, "quiet": 1}
    assert lab.all_containers("heater").ids == {container.id} and states(lab, "heater") == ["running"]


def test_a_line_that_must_appear_restarts_once_and_then_is_ready(lab, tmp_path):
    opens_on_demand = apps.ticker(tmp_path / "heater", first="trap 'echo open' USR1\n")
    began = time.time()
    text = "{name: heater, log_rules: [{name: open, must_appear: ^open, within: 1s, do: restart}]}"
    with Deploying(lab, described(opens_on_demand, text)) as deploying:
        code, said = deploying.result(within=30)
    assert code == 1 and "'open'" in said, said
    fresh = wait_for("it was restarted", lambda: [each for each in lab.manager.instances("heater") if each["restarts"] == 1 and each["state"] == "running"],
                     lambda seen: len(seen) == 1, 15, lab.describe)[0]
    time.sleep(2.5)
    starts = [start for node in lab.nodes.values() for start in node.starts_since(began, "heater")]
    assert len(starts) == 2, "at most once in its hold-off"
    assert health(lab, "heater") == ["starting"]
    container = lab.all_containers("heater").containers[0]
    assert container.id == fresh["container"]
    signal_to(lab, container)
    wait_for("it is ready", lambda: health(lab, "heater"), lambda seen: seen == ["ready"], 5, lab.describe)
