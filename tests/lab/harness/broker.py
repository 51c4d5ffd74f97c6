"""The lab's Kafka: one real broker, whose data survives its restarts but not the lab."""

from pathlib import Path

from tests.lab.harness.parts import Part
from tools import kafka

PORT = 9092
_CONTROLLER_PORT = 9093


def broker_part(address: str, folder: Path) -> Part:
    """A container around tools/kafka's distribution, which is fetched if missing."""
    dist = kafka.fetch()
    kafka.lay_out(folder, dist, kafka.server_properties(
        "/lab/data", [kafka.Listener("LAB", "0.0.0.0", PORT, advertised=address)], _CONTROLLER_PORT))
    command = dist.command("/lab/server.properties")
    return Part("broker", address, [{"name": "kafka", "restart_delay_s": 1.0, "command": command}],
                mounts=[f"{dist.home}:{dist.home}:ro", *_java_mounts(Path(command[0]))])


def _java_mounts(java: Path) -> list[str]:
    """What a JVM reads outside /usr: Debian's settings in /etc, and the JVM itself if installed elsewhere."""
    mounts = [f"{folder}:{folder}:ro" for folder in sorted(Path("/etc").glob("java-*")) if folder.is_dir()]
    home = java.resolve().parent.parent
    return mounts if home.is_relative_to("/usr") else [*mounts, f"{home}:{home}:ro"]
