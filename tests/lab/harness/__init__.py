"""The lab: several real servers on one machine, and the verbs that break them.

A server is a container of the outer Docker engine that runs a Docker engine of its own, an agent and
nothing else, with an address of its own on a network that leads nowhere. A real Kafka and the manager
are containers of the same network, so a partition between any two parts can be made.

    lab.py         a lab from up to down, and what is done to it: power, freeze, partition, kill
    remains.py     what outlives the process that made it, and how it is removed
    names.py       what it is called, where it lies, which addresses it has
    parts.py       what each container is made of
    part_init.py   process 1 inside each container
    lab_power.py   the power switch the manager is given
    network.py     partitions and loss, by packet filter rules in the parts' network namespaces
    waiting.py     lab.wait_until(app).runs_elsewhere_than("node2"): bounded, and says what it saw instead
    observing.py   what the nodes' own engines say; what the manager says: never mixed
    broker.py      its Kafka
    privilege.py   being root, being ended
    processes.py   pids inside and outside
    bus.py         a Kafka client of the tests' own
    docker_api.py  the Docker Engine API over a unix socket
    cli.py         ./dev lab up | sh | hearth | logs | status | down
"""
