"""Build contexts of the tests' applications: from scratch, around a static busybox."""

import shutil
from pathlib import Path

from tests.lab.harness.waiting import wait_for
from tools.dev.processes import which
from tools.dev.terminal import Failure


def busybox_app(folder: Path, script: str, *, instructions: str = "") -> Path:
    """A context whose container runs `script` in busybox's shell, as process 1."""
    busybox = which("busybox")
    if not busybox:
        raise Failure("busybox-static is missing: run ./dev setup")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(busybox, folder / "busybox")
    (folder / "main.sh").write_text(script)
    (folder / "Dockerfile").write_text(
        f'FROM scratch\nCOPY busybox /bin/busybox\n{instructions}\nCOPY main.sh /main.sh\nENTRYPOINT ["/bin/busybox", "sh", "/main.sh"]\n')
    return folder


def run(script: str) -> str:
    """A RUN instruction: the image has no shell but busybox's."""
    return f'RUN ["/bin/busybox", "sh", "-c", "{script}"]'


_TICK = "i=0; while :; do echo {word} $((i+=1)); /bin/busybox sleep 0.1 & wait $!; done\n"


def ticker(folder: Path, word: str = "tick", *, first: str = "") -> Path:
    """Prints its word ten times a second, and ends at once when asked to. `first`: lines of its script before that."""
    return busybox_app(folder, "trap 'exit 0' TERM\n" + first + _TICK.format(word=word))


def web(folder: Path, first: str, *, on_usr1: str = "true") -> Path:
    """Serves the files below /www on port 8080. `first` is carried out before that, `on_usr1` on this signal."""
    return ticker(folder, first=f"/bin/busybox mkdir /www\n{first}\ntrap '{on_usr1}' USR1\n"
                                "/bin/busybox httpd -f -p 8080 -h /www &\n")


def leaker(folder: Path, bytes_per_s: int) -> Path:
    """Its first instance takes so much more memory every second: a file in memory grows."""
    return ticker(folder, first="[ ${HEARTH_INSTANCE##*-} = 1 ] && (while :; do "
                                f"/bin/busybox head -c {bytes_per_s} /dev/zero >> /dev/shm/leak; /bin/busybox sleep 1; done) &\n")


def marker(folder: Path) -> Path:
    """Prints whether its file system was used before."""
    return busybox_app(folder, "trap 'exit 0' TERM\n[ -e /mark ] && echo used || echo clean\necho > /mark\n" + _TICK.format(word="tick"))


def build_witness(folder: Path) -> Path:
    """Prints which build it comes from: every build of the same context draws another word."""
    return busybox_app(folder, "trap 'exit 0' TERM\necho build $(/bin/busybox cat /build)\n" + _TICK.format(word="tick"),
                       instructions=run("/bin/busybox cat /proc/sys/kernel/random/uuid > /build"))


def build_of(lab, container) -> str:
    """The word that a witness's build drew."""
    log = wait_for("it says which build it is", lambda: lab.node(container.node).logs(container), lambda log: "tick" in log, 10)
    return log.splitlines()[0]


def does_not_build(folder: Path) -> Path:
    return busybox_app(folder, "echo never\n", instructions=run("echo the heater has no wires >&2; exit 3"))
