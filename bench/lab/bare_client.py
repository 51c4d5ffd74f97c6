"""The least of a process that uses Kafka (bench/floor/bare_client.c), to compare with."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab.processes import private_libraries
from bench.lab.restarts import FLOOR, compile_c
from tests.lab.harness.lab import Lab


@contextmanager
def bare_client(lab: Lab, folder: Path) -> Iterator[int]:
    """Its process id. As if it were alone on its machine, and with one arena, as an agent has."""
    topics = ("bench.status", "bench.assignment")
    for topic in topics:
        lab.bus.create_topic(topic)
    compile_c(FLOOR / "bare_client.c", folder / "bare_client", "-lrdkafka")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(private_libraries(folder / "bare_client", folder / "floor-lib")), "MALLOC_ARENA_MAX": "1"}
    with subprocess.Popen([folder / "bare_client", lab.bus.address, *topics], env=environment, stderr=subprocess.DEVNULL) as bare:
        try:
            yield bare.pid
        finally:
            bare.kill()
