"""The lab: several real servers on one machine, and the verbs that break them.

A server is a container of the outer Docker engine that runs a Docker engine of its own, an agent and
nothing else, with an address of its own on an isolated network. A real Kafka and the manager are
containers on the same network, so any two parts can be partitioned.

    lab.py         a lab from up to down, and what can be done to it: power, freeze, partition, kill
    remains.py     what outlives the process that made the lab, and how it is removed
    names.py       its name, folder and addresses
    parts.py       the definition of each container
    part_init.py   process 1 inside each container
    lab_power.py   the power switch that the manager uses
    network.py     partitions and loss, by packet filter rules in the parts' network namespaces
    waiting.py     lab.wait_until(app).runs_elsewhere_than("node2"): bounded, and reports what it saw instead
    observing.py   what the nodes' engines report and what the manager reports, never mixed
    broker.py      its Kafka
    privilege.py   running as root, ending on a signal
    processes.py   pids inside and outside of the parts
    bus.py         a Kafka client for the tests
    docker_api.py  the Docker Engine API over a unix socket
    cli.py         ./dev lab up | sh | hearth | logs | status | down
"""
