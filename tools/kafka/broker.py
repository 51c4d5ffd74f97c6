"""One broker as a process of this machine: start, stop, and ways to break it."""

import os
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.dev.paths import BUILD
from tools.dev.terminal import Failure
from tools.kafka.distribution import Distribution
from tools.kafka.properties import Listener, server_properties

READY_WITHIN_S = 60
STOPPED_WITHIN_S = 20
HOST = "127.0.0.1"


class Broker:
    """The broker that lives in `folder`: server.properties, data, log, pid, and the address it listens on.

    The object has no state: two objects of one folder are the same broker. Not for concurrent processes.
    """

    def __init__(self, folder: Path = BUILD / "kafka" / "broker"):
        self.folder = folder
        self._properties = folder / "server.properties"
        self._pid_file = folder / "pid"
        self._address = folder / "address"
        self._log = folder / "broker.log"

    def address(self) -> str:
        """HOST:PORT, of the last run if it is not running. Empty if it never ran."""
        return self._address.read_text().strip() if self._address.exists() else ""

    def pid(self) -> int | None:
        """The pid of the running broker. The command line rules out a recycled pid."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._properties).encode() in command.split(b"\0") else None

    def up(self, dist: Distribution, port: int = 0, java_options: Sequence[str] = ()) -> None:
        """Starts it with the data of its last run, and waits until it answers. Does nothing if it runs.

        Port 0: the port of its last run, or a free one.
        """
        if self.pid():
            return
        port = port or int(self.address().rpartition(":")[2] or _free_port())
        if not _is_free(port):
            raise Failure(f"port {port} of {HOST} is in use: choose another with --port")
        lay_out(self.folder, dist, server_properties(
            self.folder / "data", [Listener("LOCAL", HOST, port)], controller_port=_free_port()))
        self._address.write_text(f"{HOST}:{port}\n")
        with open(self._log, "w") as log:
            # A session of its own: a Ctrl-C in our terminal must not reach the broker.
            process = subprocess.Popen(dist.command(self._properties, *java_options), cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._pid_file.write_text(f"{process.pid}\n")
        try:
            self._wait_until_ready(process, port)
        except BaseException:
            process.kill()
            process.wait()
            raise

    def _wait_until_ready(self, process: subprocess.Popen, port: int) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not answers(HOST, port):
            if process.poll() is not None:
                raise Failure(f"the Kafka broker did not start. It says:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(f"the Kafka broker was not ready within {READY_WITHIN_S} s. It says:\n{self.last_words()}")
            time.sleep(0.02)

    def down(self) -> None:
        """Stops it, by force after STOPPED_WITHIN_S. Its data stays."""
        self.resume()
        self._end(signal.SIGTERM, STOPPED_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """Ends it like a power cut: nothing is closed in order."""
        self._end(signal.SIGKILL, STOPPED_WITHIN_S)

    def pause(self) -> None:
        """Stalls it: connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:]) + f"\n(full log: {self._log})"

    def test_environment(self) -> Mapping[str, str]:
        """For the C++ tests labelled `kafka`: the broker's address, and a command that breaks and mends it."""
        control = [sys.executable, Path(__file__).with_name("__main__.py"), "--folder", self.folder]
        return {"HEARTH_TEST_KAFKA": self.address(),
                "HEARTH_TEST_KAFKA_CONTROL": shlex.join(str(part) for part in control)}

    def _signal(self, number: signal.Signals) -> None:
        if pid := self.pid():
            os.kill(pid, number)

    def _end(self, number: signal.Signals, within_s: float) -> None:
        self._signal(number)
        deadline = time.monotonic() + within_s
        while self.pid() and time.monotonic() < deadline:
            time.sleep(0.02)


def lay_out(folder: Path, dist: Distribution, properties: str) -> None:
    """Makes folder/server.properties and folder/data (formatted, empty). Data of an earlier run stays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server.properties").write_text(properties)
    if not (folder / "data" / "meta.properties").exists():
        shutil.copytree(dist.formatted, folder / "data", dirs_exist_ok=True)


@contextmanager
def running(dist: Distribution) -> Iterator[Broker]:
    """A broker for the caller alone, on a free port, removed with its data at the end."""
    with tempfile.TemporaryDirectory(dir=dist.home, prefix="own-") as folder:
        broker = Broker(Path(folder))
        try:
            broker.up(dist)
            yield broker
        finally:
            broker.kill()


def answers(host: str, port: int, timeout_s: float = 1) -> bool:
    """True once the broker serves clients: it returns metadata that lists itself as a broker."""
    # Metadata, version 1, correlation id 0, client id "ready", no topics; preceded by the length.
    question = struct.pack(">hhih5si", 3, 1, 0, 5, b"ready", 0)
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(question)) + question)
            answer = connection.recv(12, socket.MSG_WAITALL)
    except OSError:
        return False
    if len(answer) < 12:
        return False
    _length, _correlation, brokers = struct.unpack(">iii", answer)
    return brokers > 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
