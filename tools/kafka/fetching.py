"""Making a Distribution, once: jars by Maven, a formatted data folder, the class archive.

The jars in pom.xml come from Maven's central repository, as `mvn` is configured on this machine, with
verified checksums. Once they are here nothing needs the network.
"""

import collections
import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from tools.dev.processes import which
from tools.dev.terminal import Failure, say
from tools.kafka.broker import Broker
from tools.kafka.distribution import Distribution, java
from tools.kafka.properties import Listener, server_properties

HERE = Path(__file__).resolve().parent
# All our brokers are formatted with it: each is a cluster of its own, and they never meet.
CLUSTER_ID = "aGVhcnRoLWthZmthLWRldg"


def fetch(say: Callable[[str], None] = say) -> Distribution:
    """Makes the missing parts: 10-25 s the first time, no time later. Failure says what went wrong."""
    dist = Distribution()
    dist.home.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(dist.home / "lock"):
        _once(dist.home / "libs.made-of", [HERE / "pom.xml"], lambda: _copy_jars(dist, say))
        # Another version of Java would refuse the archive.
        _once(dist.home / "archive.made-of", [HERE / "pom.xml", HERE / "log4j.properties", Path(java()).resolve()],
              lambda: _prepare(dist, say))
    return dist


@contextmanager
def _one_at_a_time(lock: Path):
    with open(lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _once(stamp: Path, inputs: list[Path], make: Callable[[], None]) -> None:
    """Makes it unless it was made from the same inputs. Stamped only when done, so an interrupted one is made again."""
    seen = hashlib.sha256()
    for file in inputs:
        seen.update(str(file).encode() + file.read_bytes())
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(seen.hexdigest())


def _copy_jars(dist: Distribution, say: Callable[[str], None]) -> None:
    mvn = which("mvn")
    if not mvn:
        raise Failure("fetching the Kafka broker needs Maven, which is missing: run ./dev setup kafka")
    say("   fetching the Kafka broker (46 MB, once)")
    shutil.rmtree(dist.libs, ignore_errors=True)
    argv = [mvn, "-B", "--strict-checksums", "-f", HERE / "pom.xml", "dependency:copy-dependencies",
            f"-DoutputDirectory={dist.libs}", "-DincludeScope=runtime"]
    last_words: collections.deque[str] = collections.deque(maxlen=15)
    downloads, reported = 0, time.monotonic()
    with subprocess.Popen([str(part) for part in argv], cwd=dist.home, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as maven:
        assert maven.stdout
        for line in maven.stdout:
            last_words.append(line)
            downloads += line.count("Downloaded from")
            if time.monotonic() - reported > 3:
                reported = time.monotonic()
                say(f"   {downloads} files so far")
    jars = len(list(dist.libs.glob("*.jar")))
    if maven.returncode != 0 or jars == 0:
        raise Failure(f"fetching the Kafka broker failed; Maven says:\n{''.join(last_words)}")
    say(f"   {jars} jars in {dist.libs}")


def _prepare(dist: Distribution, say: Callable[[str], None]) -> None:
    say("   preparing the broker for quick starts")
    shutil.copy(HERE / "log4j.properties", dist.log4j)
    with tempfile.TemporaryDirectory(dir=dist.home) as made:
        _format(dist, Path(made))
        broker = Broker(Path(made) / "broker")
        archive = Path(made) / "kafka.jsa"
        broker.up(dist, java_options=[f"-XX:ArchiveClassesAtExit={archive}"])
        broker.down()
        if not archive.exists():
            raise Failure(f"the broker left no class archive. It says:\n{broker.last_words()}")
        archive.rename(dist.archive)


def _format(dist: Distribution, folder: Path) -> None:
    data, properties = folder / "data", folder / "server.properties"
    properties.write_text(server_properties(data, [Listener("LOCAL", "127.0.0.1", 9092)], controller_port=9093))
    done = subprocess.run([*dist.java(), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "--config", properties],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Failure(f"formatting the broker's data folder failed. It says:\n{done.stdout}")
    shutil.rmtree(dist.formatted, ignore_errors=True)
    data.rename(dist.formatted)
