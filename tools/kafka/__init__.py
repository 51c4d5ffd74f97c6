"""A real Kafka broker (Apache Kafka, KRaft, one node), for tests, the lab and manual use.

    ./dev kafka up | down | status          one broker of this checkout, in build/kafka/broker
    ./dev kafka kill | pause | resume       break it and see what happens

From Python, on this machine:

    dist = kafka.fetch()                    # jars, class archive, formatted data; quick if they exist
    with kafka.running(dist) as broker:     # a folder and a port of its own; stopped at the end
        broker.address()                    # "127.0.0.1:41234"
        broker.test_environment()           # the environment of the C++ tests labelled `kafka`

and for a broker that runs elsewhere, such as a container of the lab:

    kafka.lay_out(folder, dist, kafka.server_properties(
        data="/lab/kafka/data",             # folder/data as the broker sees it
        listeners=[kafka.Listener("LOCAL", "127.0.0.1", 9092),
                   kafka.Listener("LAB", "0.0.0.0", 9094, advertised="10.1.2.2")],
        controller_port=9093))
    argv = dist.command("/lab/kafka/server.properties")
    kafka.answers("10.1.2.2", 9094)         # True once it is ready; poll it

`command` names files below dist.home by their absolute path: mount that folder read-only at the same
path. The JVM accepts the class archive only if the jars have the same path and age as when it was made.

    distribution.py   the parts of a broker: jars, archive, the command line
    fetching.py       makes these, once
    properties.py     server.properties
    broker.py         one broker as a process of this machine
    cli.py            ./dev kafka
"""

from tools.kafka.broker import Broker, answers, lay_out, running
from tools.kafka.cli import main
from tools.kafka.distribution import Distribution
from tools.kafka.fetching import fetch
from tools.kafka.properties import Listener, server_properties

__all__ = ["Broker", "Distribution", "Listener", "answers", "fetch", "lay_out", "main", "running", "server_properties"]
