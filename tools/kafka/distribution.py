"""The parts of a broker, and how it is started. All parts are in one folder and do not change."""

from dataclasses import dataclass
from pathlib import Path

from tools.dev.paths import BUILD
from tools.dev.processes import which
from tools.dev.terminal import Failure

# Small, and quick to start rather than fast: the serial collector, the first compiler only.
JVM = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


@dataclass(frozen=True)
class Distribution:
    home: Path = BUILD / "kafka"

    @property
    def libs(self) -> Path:
        """The jars."""
        return self.home / "libs"

    @property
    def archive(self) -> Path:
        """The loaded classes of an earlier start (AppCDS): 1 s to ready instead of 2.6 s, and 60 MB less."""
        return self.home / "kafka.jsa"

    @property
    def formatted(self) -> Path:
        """A formatted, empty data folder to copy: saves 1 s over formatting one."""
        return self.home / "formatted"

    @property
    def log4j(self) -> Path:
        return self.home / "log4j.properties"

    def java(self, *options: str) -> list[str]:
        """A JVM with the jars, sorted because the archive depends on their order."""
        jars = ":".join(str(jar) for jar in sorted(self.libs.glob("*.jar")))
        return [java(), *JVM, f"-Dlog4j.configuration=file:{self.log4j}", *options, "-cp", jars]

    def command(self, properties: str | Path, *options: str) -> list[str]:
        """The command line of a broker with this server.properties (a path as the broker sees it)."""
        return [*self.java(*(options or (f"-XX:SharedArchiveFile={self.archive}",))), "kafka.Kafka", str(properties)]


def java() -> str:
    found = which("java")
    if not found:
        raise Failure("the Kafka broker needs Java, which is missing: run ./dev setup kafka")
    return found
