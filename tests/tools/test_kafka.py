"""A broker of our own: its configuration, and that it starts, breaks and mends as asked."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import kafka
from tools.dev.terminal import Failure


def settings(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_each_listener_advertises_its_own_address() -> None:
    listeners = [kafka.Listener("LOCAL", "127.0.0.1", 9092), kafka.Listener("LAB", "0.0.0.0", 9094, advertised="10.1.2.2")]
    reported = settings(kafka.server_properties("/data", listeners, controller_port=9093))
    assert reported["listeners"] == "LOCAL://127.0.0.1:9092,LAB://0.0.0.0:9094,CONTROLLER://127.0.0.1:9093"
    assert reported["advertised.listeners"] == "LOCAL://127.0.0.1:9092,LAB://10.1.2.2:9094"
    assert reported["log.dirs"] == "/data"
    assert reported["auto.create.topics.enable"] == "false"


def test_a_recycled_pid_is_not_taken_for_the_broker(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (tmp_path / "pid").write_text(f"{other.pid}\n")
        broker = kafka.Broker(tmp_path)
        assert broker.pid() is None
        broker.kill()
        assert other.poll() is None
        other.terminate()


def test_a_port_without_a_broker_does_not_answer() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert not kafka.answers("127.0.0.1", port)
        other.listen()
        assert not kafka.answers("127.0.0.1", port, timeout_s=0.1)


def test_status_reports_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kafka.main(["status", "--folder", str(tmp_path)]) == 1
    assert kafka.main(["down", "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "Kafka does not run\n" * 2


@pytest.fixture
def broker() -> Iterator[kafka.Broker]:
    with kafka.running(kafka.fetch()) as running:
        yield running


def serves(broker: kafka.Broker) -> bool:
    host, _, port = broker.address().rpartition(":")
    return kafka.answers(host, int(port), timeout_s=0.5)


@pytest.mark.kafka
def test_a_paused_broker_answers_again_once_resumed(broker: kafka.Broker) -> None:
    assert serves(broker)
    broker.pause()
    assert not serves(broker)
    broker.resume()
    assert serves(broker)


@pytest.mark.kafka
def test_a_killed_broker_restarts_at_its_address_with_its_data(broker: kafka.Broker) -> None:
    address, identity = broker.address(), (broker.folder / "data" / "meta.properties").read_text()
    broker.kill()
    assert broker.pid() is None
    assert not serves(broker)
    broker.up(kafka.fetch())
    assert serves(broker)
    assert broker.address() == address
    assert (broker.folder / "data" / "meta.properties").read_text() == identity


@pytest.mark.kafka
def test_a_second_start_does_nothing_and_down_ends_even_a_paused_broker(broker: kafka.Broker) -> None:
    pid = broker.pid()
    broker.up(kafka.fetch())
    assert broker.pid() == pid
    broker.pause()
    broker.down()
    assert broker.pid() is None


@pytest.mark.kafka
def test_a_port_in_use_is_named_with_the_remedy(broker: kafka.Broker, tmp_path: Path) -> None:
    port = int(broker.address().rpartition(":")[2])
    with pytest.raises(Failure, match=f"port {port} .* --port"):
        kafka.Broker(tmp_path / "second").up(kafka.fetch(), port)
