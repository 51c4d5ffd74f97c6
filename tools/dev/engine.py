"""A Docker engine for the verbs that need one: the machine's if it answers, else one of our own.

    with ensure_engine() as engine:
        subprocess.run([...], env={**os.environ, "DOCKER_HOST": engine.docker_host})

Our own engine is one dockerd per checkout. Its data, sockets, pid and log live in build/engine, and
it has a bridge of its own, so neither another checkout's engine nor the machine's is disturbed.

It is shared by counting: every user holds a shared flock on build/engine/users while it needs the
engine, and the last one to leave stops it. The kernel releases the lock of a killed user, so the
count is always right. Something that outlives its process (a lab that stays up) leaves a named
reservation with `keep()` instead, and removes it with `forget()`.

Not responsible for what runs in the engine: the code that starts containers removes them.
HEARTH_ENGINE=own requests our own engine even if the machine has one.
"""

import fcntl
import http.client
import ipaddress
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.dev.paths import BUILD, checkout_key
from tools.dev.processes import SYSTEM_PATH, as_root, children_of, name_of, which
from tools.dev.terminal import Failure, say

MACHINE_SOCKET = Path("/var/run/docker.sock")
READY_WITHIN_S = 60
STOPPED_WITHIN_S = 40
ANSWERS_WITHIN_S = 20  # For an engine that others use and that may only be busy.
# exec-root contains sockets with names of this length, and a socket's path has at most 107 bytes.
_PATH_MAX = 107 - len("/exec/containerd/containerd-debug.sock.ttrpc")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float):
        super().__init__("docker", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: Path, target: str, timeout_s: float = 5) -> bytes:
    """GETs `target` from the engine behind the socket. OSError if it does not answer."""
    connection = UnixConnection(path, timeout_s)
    try:
        connection.request("GET", target)
        reply = connection.getresponse()
        body = reply.read()
    except http.client.HTTPException as broken:
        raise OSError(f"no Docker engine behind {path}: {broken!r}") from None
    finally:
        connection.close()
    if reply.status != 200:
        raise OSError(f"the engine at {path} answered {reply.status} to {target}")
    return body


def answers(path: Path) -> bool:
    try:
        return ask(path, "/_ping") == b"OK"
    except OSError:
        return False


@dataclass
class Engine:
    """An engine that answers. Use it in a `with`, or call stop() when done."""

    socket: Path
    own: "OwnEngine | None" = None  # None: the machine's engine, which must not be stopped.
    _use: int | None = None

    @property
    def docker_host(self) -> str:
        return f"unix://{self.socket}"

    @property
    def ours(self) -> bool:
        return self.own is not None

    @property
    def version(self) -> str:
        return str(json.loads(ask(self.socket, "/version"))["Version"])

    def keep(self, name: str) -> None:
        """Keeps the engine up after this process, until forget(name)."""
        if self.own:
            self.own.reserve(name)

    def forget(self, name: str) -> None:
        if self.own:
            self.own.unreserve(name)

    def stop(self) -> None:
        """Ends this use. Stops the engine only if it is our own and has no other user."""
        if self.own and self._use is not None:
            use, self._use = self._use, None
            self.own.leave(use)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def ensure_engine(say: Callable[[str], None] = say) -> Engine:
    """The machine's engine, or our own (started if necessary). Failure if neither is available."""
    if os.environ.get("HEARTH_ENGINE") != "own":
        for candidate in _machine_sockets(say):
            if answers(candidate):
                return Engine(candidate)
            if candidate.exists() and not os.access(candidate, os.R_OK | os.W_OK):
                say(f"   the engine at {candidate} is not accessible to this user (not in its group): using one of our own")
    own = OwnEngine()
    return Engine(own.socket, own, own.enter(say))


def _machine_sockets(say: Callable[[str], None]) -> Iterator[Path]:
    wanted = os.environ.get("DOCKER_HOST", "")
    if wanted.startswith("unix://"):
        yield Path(wanted.removeprefix("unix://"))
    elif wanted:
        say(f"   DOCKER_HOST={wanted} is not a unix socket, which Hearth requires: ignoring it")
    yield MACHINE_SOCKET


class OwnEngine:
    """The checkout's dockerd: where it lives, whether it runs, who uses it."""

    def __init__(self, home: Path = BUILD / "engine"):
        self.home = home
        self.key = checkout_key(home)
        self.bridge = f"hearth-{self.key}"
        # A short alias, for a checkout whose path is too long for sockets.
        self.short = home if len(str(home)) <= _PATH_MAX else Path(f"/run/hearth-{self.key}")
        self.socket = self.short / "docker.sock"
        self.exec_root = self.short / "exec"
        self.pid_file = home / "docker.pid"
        self.log = home / "dockerd.log"
        self._kept = home / "kept"

    # -- users

    def enter(self, say: Callable[[str], None]) -> int:
        """Starts the engine if it is not running, and counts the caller as a user. Returns the use."""
        self._check_access()
        self._kept.mkdir(parents=True, exist_ok=True)
        with self._starting_or_stopping():
            used = self._is_used()
            use = os.open(self.home / "users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(use, fcntl.LOCK_SH)
            try:
                if not self._can_be_used(used):
                    self._start(say)
                self._give_to_user()
            except BaseException:
                os.close(use)
                raise
        return use

    def _can_be_used(self, used: bool) -> bool:
        """Whether it runs and answers. Failure if it does not answer but others use it, so that it is never stopped under them."""
        if not self.pid():
            return False
        deadline = time.monotonic() + (ANSWERS_WITHIN_S if used else 0)
        while True:
            try:
                return ask(self.socket, "/_ping") == b"OK"
            except PermissionError:
                raise Failure(f"the engine in {self.home} runs, but its socket is not for this user: another user started it; "
                              "run this as root, or end what uses that engine (./dev lab down)") from None
            except OSError as silent:
                if time.monotonic() > deadline:
                    if used:
                        raise Failure(f"the engine in {self.home} is used by others and does not answer ({silent}): stop those "
                                      f"first (./dev lab down), or kill it (pid {self.pid()})") from None
                    return False
            time.sleep(0.1)

    def leave(self, use: int) -> None:
        with self._starting_or_stopping():
            os.close(use)
            self._stop_if_unused()

    def reserve(self, name: str) -> None:
        (self._kept / name).touch()

    def unreserve(self, name: str) -> None:
        """Removes a reservation, also for a process that does not use the engine: removing the last one stops it."""
        self._kept.mkdir(parents=True, exist_ok=True)
        with self._starting_or_stopping():
            (self._kept / name).unlink(missing_ok=True)
            self._stop_if_unused()

    def stop_unless_used(self) -> bool:
        """Stops an engine that a killed user left running. False if it is in use."""
        if not self.home.exists():
            return True
        self._kept.mkdir(exist_ok=True)
        with self._starting_or_stopping():
            return self._stop_if_unused()

    def _stop_if_unused(self) -> bool:
        if self.pid() and any(self._kept.iterdir()):
            return False
        with open(self.home / "users", "a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.stop()
        return True

    def _is_used(self) -> bool:
        """Whether it has users; the caller is not counted yet."""
        if any(self._kept.iterdir()):
            return True
        with open(self.home / "users", "a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _shared(self) -> list[Path]:
        """The paths that every user of the engine must be able to write."""
        return [path for path in (self.home.parent, self.home, self._kept, self.home / "lock", self.home / "users", self.log)
                if path.exists()]

    def _give_to_user(self) -> None:
        """Gives what root made through sudo to the calling user."""
        if _user() != (os.geteuid(), os.getegid()):
            for path in self._shared():
                os.chown(path, *_user())

    def _check_access(self) -> None:
        closed = [path for path in self._shared() if not os.access(path, os.R_OK | os.W_OK)]
        if closed:
            raise Failure(f"root made an engine for this checkout that this user cannot share; run this as root, or: "
                          f"sudo chown {os.geteuid()}:{os.getegid()} {' '.join(map(str, closed))}")

    @contextmanager
    def _starting_or_stopping(self) -> Iterator[None]:
        """One at a time: in this checkout, and on the machine, where two engines that set up the packet filter
        at once would disturb each other. Any user can lock an existing folder, without leaving a file."""
        self._check_access()
        machine = os.open("/run", os.O_RDONLY | os.O_DIRECTORY)
        try:
            with open(self.home / "lock", "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                fcntl.flock(machine, fcntl.LOCK_EX)
                yield
        finally:
            os.close(machine)

    # -- the process

    def pid(self) -> int | None:
        """The pid of our running dockerd. The command line rules out a recycled pid."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return any(str(self.exec_root).encode() in part for part in command)

    def _start(self, say: Callable[[str], None]) -> None:
        dockerd = which("dockerd")
        if not dockerd:
            raise Failure("no Docker engine answers and 'dockerd' is missing: run ./dev setup")
        if self._processes("dockerd", "containerd", "docker-proxy"):
            self.stop()  # Left by a crash, or hung: never two engines on one folder.
        say("   no Docker engine answers on this machine: starting one of our own in build/engine")
        self._clear_way()
        address = self._make_bridge()
        # A session of its own: a Ctrl-C in our terminal must reach us and not the engine. Not by Popen's
        # start_new_session, because sudo asks for its password on the terminal of its session.
        command = as_root([
            "setsid", "--fork", dockerd, "--data-root", self.home / "data", "--exec-root", self.exec_root,
            "--pidfile", self.pid_file, "--host", f"unix://{self.socket}", "--group", str(_user()[1]),
            "--bridge", self.bridge, "--log-level", "warn", "--shutdown-timeout", "5"])
        with open(self.log, "w") as log:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                           env={**os.environ, "PATH": SYSTEM_PATH}, check=False)
        begin = time.monotonic()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        say(f"   engine ready in {time.monotonic() - begin:.1f} s (bridge {self.bridge}, {address})")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        last_seen = time.monotonic()
        while not answers(self.socket):
            if self._processes("dockerd", "setsid", "sudo"):
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > 0.5:  # Between fork and exec a process has no command line.
                raise Failure(f"the Docker engine did not start. It says:\n{self._complaint()}")
            if time.monotonic() > deadline:
                raise Failure(f"the Docker engine was not ready within {READY_WITHIN_S} s. It says:\n{self._complaint()}")
            time.sleep(0.05)

    def _complaint(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if re.search(r"level=(error|fatal)|failed to start", line)]
        return "\n".join(f"    {line}" for line in (telling or lines)[-5:]) + f"\n    (full log: {self.log})"

    def _clear_way(self) -> None:
        """Removes what a crash or a reboot left: its pid files may name unrelated processes."""
        stale = [self.pid_file, self.socket, self.exec_root / "containerd" / "containerd.pid"]
        if self.short != self.home:
            subprocess.run(as_root(["ln", "-sfn", self.home, self.short]), check=True)
        subprocess.run(as_root(["rm", "-rf", *stale, self.home / "data" / "runtimes"]), check=True)

    def _make_bridge(self) -> str:
        if Path(f"/sys/class/net/{self.bridge}").exists():
            self._remove_bridge()
        address = free_subnet(self.key)
        for step in (["add", self.bridge, "type", "bridge"], ["set", self.bridge, "up"]):
            self._ip(["link", *step])
        self._ip(["addr", "add", address, "dev", self.bridge])
        return address

    def _remove_bridge(self) -> None:
        self._ip(["link", "delete", self.bridge])

    def _ip(self, arguments: list[str]) -> None:
        done = subprocess.run(as_root([which("ip") or "ip", *arguments]), text=True, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Failure(f"cannot make a network for the Docker engine: ip {' '.join(arguments)}: {done.stderr.strip()}")

    def stop(self) -> None:
        """Stops our dockerd and its remaining processes, by pid. Bounded."""
        pid = self.pid()
        if pid:
            self._signal(signal.SIGTERM, [pid])
            self._wait_until_gone([pid])
        for _ in range(3):  # What remains without dockerd: containerd, shims and their containers.
            left = self._processes("dockerd", "containerd", "docker-proxy")
            if not left:
                break
            self._signal(signal.SIGKILL, left + children_of(left))
            self._wait_until_gone(left, 5)
        self._unmount_leftovers()
        if Path(f"/sys/class/net/{self.bridge}").exists():
            self._remove_bridge()

    def _unmount_leftovers(self) -> None:
        """A killed dockerd leaves its data folder and its containers' file systems mounted."""
        home = f"{self.home.resolve()}/"
        points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in reversed([point for point in points if point.startswith(home)]):
            subprocess.run(as_root(["umount", "-l", point]), check=False)

    def _processes(self, *names: str) -> list[int]:
        """The pids of our engine's processes whose name begins with one of these."""
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [pid for pid in pids if name_of(pid).startswith(names) and self._is_ours(pid)]

    def _signal(self, number: signal.Signals, pids: list[int]) -> None:
        subprocess.run(as_root(["kill", f"-{int(number)}", *map(str, pids)]), stderr=subprocess.DEVNULL)

    def _wait_until_gone(self, pids: list[int], within_s: float = STOPPED_WITHIN_S) -> bool:
        deadline = time.monotonic() + within_s
        while any(_runs(pid) for pid in pids):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def _user() -> tuple[int, int]:
    """The user and group that the engine is for: under sudo, the caller's."""
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        return int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    return os.geteuid(), os.getegid()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def free_subnet(key: str) -> str:
    """An address of a private /24 that no route of this machine covers, chosen by `key`."""
    taken = []
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        fields = line.split()
        destination, mask = (int.from_bytes(bytes.fromhex(fields[i])[::-1], "big") for i in (1, 7))
        if mask:
            taken.append(ipaddress.ip_network((destination, mask.bit_count())))
    first = int(key, 16)
    for step in range(256):
        subnet = ipaddress.ip_network(f"10.{64 + (first + step) % 128}.{first // 128 % 256}.0/24")
        if not any(subnet.overlaps(other) for other in taken):
            return f"{subnet[1]}/24"
    raise Failure("no free private network for the Docker engine's bridge: every 10.64-191.x.0/24 has a route")
