"""A use that grows towards its limit: it takes minutes to be sure of it, so this service begins with the first test of the session."""

import time

from tests.lab.deployed import noticed, row_names
from tests.lab.harness.waiting import wait_for

SURE_WITHIN_S = 290  # At the end of which the kernel would kill it.


def test_a_leak_is_foreseen_and_the_service_replaced_before_it_is_killed(leaking):
    lab, first, began = leaking
    after = wait_for("another container has taken over", lambda: lab.all_containers("leaking").containers,
                     lambda seen: len(seen) == 1 and seen[0].id != first.id, max(20, began + SURE_WITHIN_S - time.time()), lab.describe)[0]
    assert after.created_at - began < SURE_WITHIN_S
    row_names(lab, "leaking", after)
    said = noticed(lab, "memory grows")
    assert len(said) == 1 and "reaches its limit of 64 MiB in about" in said[0], said
    assert not [event for event in lab.events_since_mark("instance.exited") if "out of memory" in event["message"]]
    assert [each["restarts"] for each in lab.manager.instances("leaking")] == [0], "replaced by another instance, not restarted"
