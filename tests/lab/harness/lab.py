"""A lab, from up to down, and everything that can be done to it in between."""

import ipaddress
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.lab.harness import broker, parts
from tests.lab.harness.bus import Bus
from tests.lab.harness.docker_api import Engine, EngineError, EngineUnreachable
from tests.lab.harness.names import LabNames, Owner, address_of, node_names
from tests.lab.harness.network import Cuts, make_network
from tests.lab.harness.observing import Container, Manager, Node, Sighting, running_copies
from tests.lab.harness.processes import is_alive, machine_pid
from tests.lab.harness.remains import changing, collect_abandoned, read_record, take_down, take_down_locked, deferred, undisturbed, write_record
from tests.lab.harness.waiting import Until, UntilNode, wait_for
from tools.dev import build
from tools.dev.engine import ensure_engine
from tools.dev.terminal import Failure, say

READY_WITHIN_S = 90
WAIT_S = 30.0
ANSWER_WITHIN_S = 10.0  # For an engine with power, on a busy machine.


@dataclass
class LabConfig:
    """The settings of a lab."""

    nodes: int = 3
    bin_dir: Path = field(default_factory=lambda: build.folder() / "bin")
    profile: str = "default"
    power: bool = True  # The manager has a power switch for every node.
    agent_environment: dict[str, str] = field(default_factory=dict)
    bare: bool = False  # Engines, network and broker only: nothing of Hearth.

    def as_json(self) -> dict:
        return {**asdict(self), "bin_dir": str(self.bin_dir)}


class Lab:
    """A lab that is up. `Lab.up()` makes one, `Lab.attach()` finds an existing one, `down()` removes it."""

    def __init__(self, names: LabNames, subnet: str, config: LabConfig, engine_socket: Path):
        self.names = names
        self.config = config
        self.subnet = ipaddress.ip_network(subnet)
        self.engine = Engine(engine_socket)
        self.engine_socket = engine_socket
        self.nodes = {name: Node(name, self.address(name), self.pid_of) for name in node_names(config.nodes)}
        self.manager = Manager(self.address("manager"), self.folder / "manager" / "etc" / "token", config.bin_dir,
                               self.folder / "manager" / "state")
        self.bus = Bus(f"{self.address('broker')}:{broker.PORT}")
        self.came_up_in_s: float | None = None  # Set by Lab.up().
        self._mark_events = self._mark_power = 0
        self._cuts = Cuts({part: self.address(part) for part in self.parts}, self.pid_of, names.folder / "cuts.json")

    # -- up and down

    @classmethod
    def up(cls, name: str, config: LabConfig, *, owner: Owner | None = None, say: Callable[[str], None] = say) -> "Lab":
        """Brings a lab up. With an owner it is removed once that process is gone; without one it stays.

        An interruption takes down what has come up so far.
        """
        names, begin = LabNames(name), time.monotonic()
        if not config.bare:
            require_binaries(config.bin_dir)
        with changing(names):
            collect_abandoned(say, held=names)
            if names.folder.exists():
                raise Failure(f"lab '{name}' is already up: ./dev lab status, or ./dev lab down")
            try:
                this = Owner.this_process()
                write_record(names, config.as_json(), state="starting", owner=this)
                with ensure_engine(say) as engine:
                    engine.keep(names.prefix + "lab")
                    lab = cls(names, make_network(Engine(engine.socket), names), config, engine.socket)
                    lab._start_parts()
                    lab._wait_until_ready(say)
                write_record(names, config.as_json(), state="up", owner=owner, subnet=str(lab.subnet), engine=lab.engine_socket)
                lab.came_up_in_s = time.monotonic() - begin
                return lab
            except BaseException:
                with undisturbed():
                    say("   taking down what has come up")
                    take_down_locked(names)
                raise

    @classmethod
    def attach(cls, name: str) -> "Lab":
        names = LabNames(name)
        reported = read_record(names)
        if reported is None:
            raise Failure(f"there is no lab '{name}': ./dev lab up")
        if reported["state"] != "up":
            raise Failure(f"lab '{name}' is not up: it is starting, or was interrupted while starting (./dev lab down)")
        config = LabConfig(**{**reported["config"], "bin_dir": Path(reported["config"]["bin_dir"])})
        return cls(names, reported["subnet"], config, Path(reported["engine"]))

    def down(self) -> None:
        take_down(self.names)

    def _start_parts(self) -> None:
        etc = {"manager": self.folder / "manager" / "etc", **{n: self.folder / n / "etc" for n in self.nodes}}
        token = secrets.token_hex(32)
        for folder in etc.values():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "token").touch(mode=0o600)
            (folder / "token").write_text(token + "\n")
        self._write_manager_config()
        made = [self._broker_part(), *map(self._node_part, self.nodes)]
        if not self.config.bare:
            made.append(self._manager_part())
        parts.ensure_image(self.engine)  # Once, before four threads need it.
        for part in made:
            parts.prepare_folders(part, self.folder)
        if not self.config.bare:
            self._hold("manager", "hearthd")  # Released once the broker answers.

        def start(part: parts.Part) -> None:
            parts.create(self.engine, self.names.container(part.name), parts.container_spec(part, self.names, str(os.getpid())))
            self.engine.start(self.names.container(part.name))

        with ThreadPoolExecutor(4) as threads:
            with deferred():  # The pool does not wait for a thread that was interrupted while it started.
                started = [threads.submit(start, part) for part in made]
            try:
                for one in started:
                    one.result()
            finally:
                for one in started:
                    one.cancel()

    def _wait_until_ready(self, say: Callable[[str], None]) -> None:
        begin = time.monotonic()
        missing: dict[str, Callable[[], bool]] = {"broker": lambda: self.bus.answers(0.5)}
        missing |= {name: node.engine.is_ready for name, node in self.nodes.items()}
        if not self.config.bare:
            missing["manager"] = self.manager.answers
        took: dict[str, float] = {}
        while missing:
            for part in [part for part, ready in missing.items() if ready()]:
                took[part] = time.monotonic() - begin
                del missing[part]
                if part == "broker" and not self.config.bare:
                    self.manager_up()
            for part in missing:
                if not self.has_power(part):
                    raise Failure(f"'{part}' of the lab ended while starting. Its last output:\n{self.last_words(part)}")
            if time.monotonic() - begin > READY_WITHIN_S:
                part = next(iter(missing))
                raise Failure(f"not ready after {READY_WITHIN_S} s: {', '.join(missing)}. Last output of '{part}':\n{self.last_words(part)}")
            time.sleep(0.05)
        say("   ready after: " + ", ".join(f"{part} {seconds:.1f} s" for part, seconds in sorted(took.items())))
        if not self.config.bare:
            self.wait_until_all_live(READY_WITHIN_S - (time.monotonic() - begin))
            say(f"   all {len(self.nodes)} nodes live after {time.monotonic() - begin:.1f} s")

    def _broker_part(self) -> parts.Part:
        return broker.broker_part(self.address("broker"), self.folder / "broker")

    def _node_part(self, name: str) -> parts.Part:
        units = [parts.engine_unit()]
        mounts = []
        if not self.config.bare:
            units.append(parts.agent_unit(name, self.address(name), self.manager.url, self.config.agent_environment))
            mounts.append(f"{self.config.bin_dir}:/opt/hearth/bin:ro")
        return parts.Part(name, self.address(name), units, engine=True, mounts=mounts)

    def _manager_part(self) -> parts.Part:
        return parts.Part("manager", self.address("manager"), [parts.manager_unit()],
                          mounts=[f"{self.config.bin_dir}:/opt/hearth/bin:ro", f"{self.engine_socket}:/lab-outer/docker.sock"])

    def _write_manager_config(self) -> None:
        switch = ["/usr/bin/python3", "-IS", "/lab-harness/lab_power.py", "/lab-outer/docker.sock", self.names.prefix,
                  "/lab/ctl", "/lab/log/power.log"]
        config = {
            "listen": f"0.0.0.0:{self.manager.port}",
            "state_dir": "/lab/state",
            "kafka": {"bootstrap": f"{self.address('broker')}:{broker.PORT}", "topic_prefix": "hearth."},
            "liveness": {"profile": self.config.profile},
            "server_details": "/lab/etc/server_details.json",
            "token_file": "/lab/etc/token",
            # Short waits, so that a test's power-cycle does not count as a relapse of the previous one.
            "recovery": {"boot_timeout": "60s", "attempts_max": 3, "backoff_min": "1s", "backoff_max": "2s"},
        }
        if self.config.power:
            config["power"] = {"nodes": {node: {"driver": "exec", "command": switch} for node in self.nodes}}
        details = {str(i): {"node_name": node.name, "node_ip": node.address} for i, node in enumerate(self.nodes.values(), 1)}
        etc = self.folder / "manager" / "etc"
        (etc / "config.json").write_text(json.dumps(config, indent=2))
        (etc / "server_details.json").write_text(json.dumps(details, indent=2))

    # -- its parts

    @property
    def folder(self) -> Path:
        return self.names.folder

    @property
    def parts(self) -> list[str]:
        return ["broker", "manager", *node_names(self.config.nodes)]

    def address(self, part: str) -> str:
        return address_of(part, self.subnet)

    def node(self, name: str) -> Node:
        return self.nodes[name]

    def pid_of(self, part: str) -> int | None:
        """The machine's pid of a part's process 1; None without power."""
        state = self._inspected(part)
        return state["Pid"] if state["Running"] and is_alive(state["Pid"]) else None

    def has_power(self, part: str) -> bool:
        return self.pid_of(part) is not None

    def is_frozen(self, part: str) -> bool:
        return self._inspected(part)["Paused"]

    def _inspected(self, part: str) -> dict:
        try:
            return self.engine.inspect(self.names.container(part))["State"]
        except EngineError as missing:
            if missing.status == 404:
                return {"Running": False, "Paused": False, "Pid": 0}
            raise

    def last_words(self, part: str, lines: int = 15) -> str:
        reported = []
        for log in sorted((self.folder / part / "log").glob("*.log")):
            reported += [f"    {log.stem}: {line}" for line in log.read_text(errors="replace").splitlines()[-lines:]]
        return "\n".join(reported) or "    (nothing)"

    # -- power

    def power_cut(self, node: str) -> float:
        """Everything in the node dies at once, its containers too, without notice. Returns the moment (monotonic).

        Does what `docker kill` does, without going through the engine: kills process 1 from outside, and the kernel
        ends its pid namespace with everything nested in it.
        """
        pid = self._pid_with_power(node)
        when = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        wait_for(f"{node} is without power", lambda: self.engine.inspect(self.names.container(node))["State"]["Running"],
                 lambda running: not running, 15)
        return when

    def power_on(self, node: str) -> None:
        """Switches a node on. Does nothing if it has power."""
        self.engine.start(self.names.container(node))
        self._cuts.apply_again(node)

    def break_power(self, node: str) -> None:
        """Makes the manager's switch for this node fail. `power_cut` and `power_on` still work."""
        (self.folder / "manager" / "ctl" / f"power-{node}.broken").touch()

    def mend_power(self, node: str) -> None:
        (self.folder / "manager" / "ctl" / f"power-{node}.broken").unlink(missing_ok=True)

    def power_uses(self, node: str | None = None) -> list[dict]:
        """The recorded uses of the manager's power switches: {"t", "node", "action", "exit"}."""
        log = self.folder / "manager" / "log" / "power.log"
        used = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [each for each in used if node is None or each["node"] == node]

    def freeze(self, node: str) -> None:
        """Hangs a machine: nothing in it runs, and nothing is closed."""
        self.engine.call("POST", f"/containers/{self.names.container(node)}/pause")

    def thaw(self, node: str) -> None:
        """Makes a frozen node continue. Does nothing if it is not frozen."""
        try:
            self.engine.call("POST", f"/containers/{self.names.container(node)}/unpause")
        except EngineError as refused:
            if refused.status not in (404, 409, 500):  # Not paused: 409 or 500, depending on the version.
                raise

    # -- network

    def partition(self, part: str, from_: str | list[str] = "everything") -> None:
        """Cuts the two off from each other in both directions, even across a power-cycle, until heal()."""
        others = self.parts if from_ == "everything" else [from_] if isinstance(from_, str) else from_
        self._cuts.cut(part, ["broker" if other == "kafka" else other for other in others])

    def lose_packets(self, part: str, share: float) -> None:
        """Drops this share of the incoming and of the outgoing packets."""
        self._cuts.lose(part, share)

    def heal(self, part: str | None = None) -> None:
        self._cuts.heal(part)

    # -- the broker

    def stop_broker(self) -> None:
        """kill -9; the broker stays down until start_broker()."""
        self._hold("broker", "kafka")
        self._strike("broker", "kafka", signal.SIGKILL)

    def lose_broker_disk(self) -> None:
        """kill -9, and empties its disk: after start_broker() it has never had a topic."""
        self.stop_broker()
        shutil.rmtree(self.folder / "broker" / "data")
        self._broker_part()

    def start_broker(self, within: float = 30) -> None:
        self._let_go("broker", "kafka")
        wait_for("the broker answers", self.bus.answers, bool, within, lambda: self.last_words("broker"))

    def stall_broker(self) -> None:
        """SIGSTOP: connections stay open and carry nothing."""
        self._strike("broker", "kafka", signal.SIGSTOP)

    def resume_broker(self) -> None:
        self._strike("broker", "kafka", signal.SIGCONT)

    # -- Hearth's own processes

    def kill_manager(self) -> None:
        """kill -9; as under systemd, it restarts at once."""
        self._strike("manager", "hearthd", signal.SIGKILL)

    def manager_down(self) -> None:
        self._hold("manager", "hearthd")
        self._strike("manager", "hearthd", signal.SIGKILL, missing_ok=True)

    def manager_up(self) -> None:
        self._let_go("manager", "hearthd")

    def pause_manager(self) -> None:
        self._strike("manager", "hearthd", signal.SIGSTOP)

    def resume_manager(self) -> None:
        self._strike("manager", "hearthd", signal.SIGCONT)

    def kill_agent(self, node: str) -> None:
        self._strike(node, "hearth-agent", signal.SIGKILL)

    def agent_down(self, node: str) -> None:
        self._hold(node, "hearth-agent")
        self._strike(node, "hearth-agent", signal.SIGKILL, missing_ok=True)

    def agent_up(self, node: str) -> None:
        self._let_go(node, "hearth-agent")

    def kill_engine(self, node: str) -> None:
        """kill -9 of the node's dockerd, which restarts on its own."""
        self._strike(node, "dockerd", signal.SIGKILL)

    def engine_down(self, node: str) -> None:
        """SIGTERM of the node's dockerd, which ends and stays down until engine_up()."""
        pid = self.unit_pid(node, "dockerd")
        self._hold(node, "dockerd")
        self._strike(node, "dockerd", signal.SIGTERM)
        wait_for(f"dockerd of {node} has ended", lambda: is_alive(pid), lambda alive: not alive, 20)

    def engine_up(self, node: str) -> None:
        self._let_go(node, "dockerd")

    def unit_pid(self, part: str, unit: str) -> int | None:
        """The machine's pid of a unit; None while it does not run."""
        init = self.pid_of(part)
        try:
            inside = int((self.folder / part / "ctl" / f"{unit}.pid").read_text())
        except (OSError, ValueError):
            return None
        pid = machine_pid(init, inside) if init else None
        return pid if pid and is_alive(pid) else None

    def configure(self, **changes) -> None:
        """Changes the manager's settings (profile, power) and restarts it."""
        for key, value in changes.items():
            setattr(self.config, key, value)
        self._write_manager_config()
        self.kill_manager()
        self.wait_until_all_live()

    # -- containers of the nodes

    def kill_container(self, app: str, on: str | None = None) -> tuple[Container, float]:
        """kill -9 of a running container's main process. Returns the container and the moment of the blow (monotonic).

        From outside and not through the engine, which would take it for a requested stop.
        """
        seen = self.containers(app)
        container = next((each for each in seen.containers if on in (None, each.node)), None)
        assert container, f"no running container of '{app}' to kill{f' on {on}' if on else ''}: {seen}"
        return container, self.kill_process_of(container.node, container.id)

    def kill_process_of(self, node: str, container: str) -> float:
        """kill -9 of a container's main process. Returns the moment of the blow (monotonic)."""
        pid = self._process_of(node, container)
        when = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return when

    def container_pid(self, container: Container) -> int:
        return self._process_of(container.node, container.id)

    def _process_of(self, node: str, container: str) -> int:
        inside = self.node(node).engine.inspect(container)["State"]["Pid"]
        pid = machine_pid(self._pid_with_power(node), inside) if inside else None
        assert pid, f"container {container[:12]} on {node} has no process"
        return pid

    def containers(self, app: str) -> Sighting:
        """The running containers of `app` by the nodes' engines. Only a node without power or a frozen one may stay unseen."""
        return running_copies(list(self.nodes.values()), app, lambda node: self.has_power(node) and not self.is_frozen(node),
                              ANSWER_WITHIN_S)

    def all_containers(self, app: str) -> Sighting:
        """The same, but every node must answer: for a claim about what does not run."""
        seen = self.containers(app)
        assert not seen.unseen, f"what runs of '{app}' is unknown: {seen}\n{self.describe()}"
        return seen

    # -- Hearth's verbs, through its CLI

    def hearth(self, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess:
        return self.manager.cli(*arguments, timeout_s=timeout_s)

    def deploy(self, folder: Path, name: str, *, instances: int = 1, cores: float | None = None, min_ready: str = "0s",
               within: float = 60) -> Sighting:
        """Deploys, and waits until the nodes' engines show it running. `cores`: reserved per instance.

        `min_ready`: for how long an instance must run before the deployment counts it; by default it only needs to start.
        """
        reserved = () if cores is None else ("--cpu", f"{cores:.1f}")
        done = self.hearth("deploy", str(folder), "--name", name, "--instances", str(instances), "--min-ready", min_ready, *reserved,
                           timeout_s=within)
        assert done.returncode == 0, f"deploy of '{name}' exited {done.returncode}:\n{done.stdout}{done.stderr}"
        return self.wait_until(name, within).runs(instances)

    # -- waiting

    def wait_until(self, app: str, within: float = WAIT_S) -> Until:
        return Until(self, app, within)

    def wait_until_node(self, node: str, within: float = WAIT_S) -> UntilNode:
        return UntilNode(self, node, within)

    def wait_until_all_live(self, within: float = WAIT_S) -> None:
        wait_for("the manager considers all nodes live", self.manager.node_states,
                 lambda seen: len(seen) >= len(self.nodes) and all(seen[name] == "live" for name in self.nodes), within, self.describe)

    def nobody_died(self, within: float = WAIT_S) -> None:
        """Waits until all nodes are live; none was declared dead since mark()."""
        self.wait_until_all_live(within)
        died = self.events_since_mark("node.dead")
        assert not died, f"declared dead: {died}\n{self.describe()}"

    def nothing_changes(self, *apps: str, for_s: float) -> None:
        """The same containers run before, during and after, and no engine started one meanwhile."""
        before, began = {app: self.all_containers(app) for app in apps}, time.time()
        for app, was in before.items():
            assert was.containers, f"nothing of '{app}' runs that could change\n{self.describe()}"
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline:
            time.sleep(0.2)
            for app, was in before.items():
                now = self.all_containers(app)
                assert now.ids == was.ids, f"'{app}' changed.\n  was: {was}\n  is:  {now}\n{self.describe()}"
        for app in apps:
            for node in self.nodes.values():
                started = wait_for(f"the engine of {node.name} reports its starts", lambda: node.starts_since(began, app),
                                   lambda _: True, ANSWER_WITHIN_S)
                assert not started, f"'{app}' was started on {node.name} meanwhile: {started}"

    def make_whole(self, within: float = 60) -> None:
        """Undoes every fault, removes every workload, and waits until the lab is whole again."""
        self.heal()
        for name in self.nodes:
            self.thaw(name)
            self.mend_power(name)
            self._let_go(name, "hearth-agent")
            self._let_go(name, "dockerd")
            self.power_on(name)
        if self.unit_pid("broker", "kafka"):
            self.resume_broker()
        self.start_broker(within)
        if self.unit_pid("manager", "hearthd"):
            self.resume_manager()
        self.manager_up()
        self.wait_until_all_live(within)
        for name in self.manager.workloads():
            self.hearth("rm", name)
        wait_for("no container is left", self._containers_left, lambda left: not left, within, self.describe)

    def _containers_left(self) -> list[str]:
        return [str(each) for node in self.nodes.values() for each in node.containers() if each.workload]

    def mark(self) -> None:
        """Sets the start for `…_since_mark`, because the lab's history is shared by all tests."""
        self._mark_events = max((int(event["seq"]) for event in self.manager.events()), default=0)
        self._mark_power = len(self.power_uses())

    def events_since_mark(self, kind: str = "", subject: str = "") -> list[dict]:
        return [event for event in self.manager.events(kind, subject) if int(event["seq"]) > self._mark_events]

    def switched_since_mark(self) -> list[tuple[str, str]]:
        """(node, "off" or "on"), in order: the successful acts of the manager's power switches."""
        return [(use["node"], use["action"]) for use in self.power_uses()[self._mark_power:]
                if use["exit"] == 0 and use["action"] != "status"]

    # -- reporting

    def describe(self) -> str:
        """The state of everything, for a failure message."""
        lines = ["--- the lab"]
        for part in self.parts:
            lines.append(f"{part}: {self._state_of(part)}")
        for name, node in self.nodes.items():
            try:
                lines += [f"  {each}" for each in node.containers(timeout_s=1)]
            except (EngineUnreachable, EngineError) as silent:
                lines.append(f"  {name}: engine does not answer: {silent}")
        lines += [f"  cut: {cut}" for cut in self._cuts.describe()]
        if not self.config.bare:
            for command in (["status"], ["node", "list"], ["ps"], ["events"]):
                lines.append(f"--- hearth {' '.join(command)}")
                try:
                    said = self.manager.cli(*command, timeout_s=5)
                    lines += (said.stdout + said.stderr).splitlines()[-25:]
                except (subprocess.TimeoutExpired, OSError) as silent:
                    lines.append(f"no answer: {silent}")
        return "\n".join(lines)

    def _state_of(self, part: str) -> str:
        try:
            reported = self.engine.inspect(self.names.container(part))
        except (EngineError, EngineUnreachable):
            return "not there"
        state = reported["State"]["Status"]
        running = sorted(path.stem for path in (self.folder / part / "ctl").glob("*.pid")) if state == "running" else []
        return f"{state}, {self.address(part)}" + (f", runs {', '.join(running)}" if running else "")

    def save_artifacts(self, folder: Path) -> None:
        """Saves what explains a failure: logs of all parts, the database, the state of everything."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state.txt").write_text(self.describe())
        for part in self.parts:
            if (self.folder / part / "log").is_dir():
                shutil.copytree(self.folder / part / "log", folder / part, dirs_exist_ok=True)
        for kept in ("etc/config.json", "state"):
            source = self.folder / "manager" / kept
            if source.is_dir():
                shutil.copytree(source, folder / "manager" / "state", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.tar", "content"))
            elif source.exists():
                shutil.copy(source, folder / "manager")

    # -- inside

    def _pid_with_power(self, part: str) -> int:
        pid = self.pid_of(part)
        assert pid, f"{part} has no power"
        return pid

    def _strike(self, part: str, unit: str, number: signal.Signals, *, missing_ok: bool = False) -> None:
        """Sends a signal to a unit. If an earlier blow ended it, waits for its next start."""
        pid = self.unit_pid(part, unit)
        if pid is None and missing_ok:
            return
        pid = pid or wait_for(f"{unit} runs in {part}", lambda: self.unit_pid(part, unit), bool, 10, lambda: self._state_of(part))
        os.kill(pid, number)
        if number == signal.SIGKILL:
            wait_for(f"{unit} of {part} is dead", lambda: is_alive(pid), lambda alive: not alive, 10)

    def _hold(self, part: str, unit: str) -> None:
        (self.folder / part / "ctl" / f"{unit}.down").touch()

    def _let_go(self, part: str, unit: str) -> None:
        (self.folder / part / "ctl" / f"{unit}.down").unlink(missing_ok=True)
        pid = self.pid_of(part)
        if pid:
            os.kill(pid, signal.SIGHUP)


def require_binaries(folder: Path) -> None:
    missing = [name for name in ("hearth", "hearthd", "hearth-agent") if not os.access(folder / name, os.X_OK)]
    if missing:
        raise Failure(f"{', '.join(missing)} not found in {folder}: build first, or give another folder with --bin")
