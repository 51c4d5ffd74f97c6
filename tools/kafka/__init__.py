"""A real Kafka broker (Apache Kafka, KRaft, one node), for tests, the lab and whoever wants one.

    ./dev kafka up | down | status          one broker of this checkout, in build/kafka/broker
    ./dev kafka kill | pause | resume       break it, to see what happens

From Python, on this machine:

    dist = kafka.fetch()                    # jars, class archive, formatted data; quick when it is all there
    with kafka.running(dist) as broker:     # a folder and a port of its own; stopped at the end
        broker.address()                    # "127.0.0.1:41234"
        broker.test_environment()           # what the C++ tests labelled `kafka` read

and for a broker that runs elsewhere, a container of the lab:

    kafka.lay_out(folder, dist, kafka.server_properties(
        data="/lab/kafka/data",             # where the broker sees folder/data
        listeners=[kafka.Listener("LOCAL", "127.0.0.1", 9092),
                   kafka.Listener("LAB", "0.0.0.0", 9094, advertised="10.1.2.2")],
        controller_port=9093))
    argv = dist.command("/lab/kafka/server.properties")
    kafka.answers("10.1.2.2", 9094)         # True once it is ready; poll it

`command` names files below dist.home by their absolute path: mount that folder read-only at the same
path. The class archive is only taken where the jars have the path and age they had when it was made.

    distribution.py   what a broker is made of: jars, archive, the command line
    fetching.py       making these, once
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
