#!/usr/bin/python3 -IS
"""Process 1 of every container of the lab: starts the part's units, restarts those that die, reaps orphans.

It replaces systemd, so that a part behaves like a server: a killed agent is back after RestartSec, and
after a power cut everything starts from the disk.

    /lab/part.json        {"engine": bool, "units": [{"name", "command", "env"?, "restart_delay_s"?}]}
    /lab/ctl/NAME.pid     the unit's pid in this container, while it runs
    /lab/ctl/NAME.down    made by the harness: do not (re)start this unit
    /lab/log/NAME.log     the output of the unit, of all its runs
    SIGHUP                read the .down files again at once
    SIGTERM               stop the units, then exit

    /lab/pressure/*       of a node: what its agent reads as /proc/pressure (pressure.py)

The word {cgroup} in a command becomes a cgroup below this container's own, so that pausing the outer
container pauses the inner ones, and removing it leaves nothing of them behind.
"""

import glob
import json
import os
import shutil
import signal
import sys
import time

LAB = "/lab"
SIGNALS = {signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
RESTART_DELAY_S = 0.1
RESTART_DELAY_MAX_S = 2.0
HEALTHY_AFTER_S = 2.0  # A unit that ran for less waits longer before its next start.
STOPPED_WITHIN_S = 5.0


class Unit:
    def __init__(self, described, cgroup):
        self.name = described["name"]
        self.command = [part.replace("{cgroup}", cgroup) for part in described["command"]]
        self.env = {**os.environ, **described.get("env", {})}
        self.delay_min = described.get("restart_delay_s", RESTART_DELAY_S)
        self.delay = self.delay_min
        self.pid = None
        self.started = 0.0
        self.start_at = 0.0

    @property
    def held_down(self):
        return os.path.exists(f"{LAB}/ctl/{self.name}.down")

    def start(self):
        if self.name == "dockerd":
            remove_stale_engine_files()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        log = os.open(f"{LAB}/log/{self.name}.log", flags, 0o644)
        os.write(log, f"--- {timestamp()} {self.name} starts\n".encode())
        actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        try:
            self.pid = os.posix_spawn(self.command[0], self.command, self.env, file_actions=actions,
                                      setsid=True, setsigmask=[], setsigdef=[signal.SIGPIPE])
        except OSError as refused:
            os.write(log, f"--- {timestamp()} cannot start: {refused}\n".encode())
            self.ended()
            return
        finally:
            os.close(log)
        self.started = time.monotonic()
        with open(f"{LAB}/ctl/{self.name}.pid", "w") as file:
            file.write(str(self.pid))

    def ended(self):
        ran_for = time.monotonic() - self.started
        self.delay = self.delay_min if ran_for > HEALTHY_AFTER_S else min(self.delay * 2, RESTART_DELAY_MAX_S)
        self.start_at = time.monotonic() + self.delay
        self.pid = None
        remove(f"{LAB}/ctl/{self.name}.pid")


def timestamp():
    now = time.time()
    return time.strftime("%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}"


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def remove_stale_engine_files():
    """Without this, dockerd would take an unrelated process for its previous run, by a pid file left after a power cut."""
    for stale in glob.glob("/run/docker*.pid"):
        remove(stale)
    if not os.path.exists("/run/docker/containerd/containerd.sock"):
        remove("/run/docker/containerd/containerd.pid")
    shutil.rmtree("/var/lib/docker/runtimes", ignore_errors=True)


def close_the_way_out():
    """Removes the default route. The engine drops packets on this route of its internal networks by rules that
    another engine of the machine removes when it starts."""
    pid = os.posix_spawnp("ip", ["ip", "route", "del", "default"], os.environ)
    os.waitpid(pid, 0)


def own_pressure():
    """Puts this node's own figures over those of the kernel."""
    for kernels in glob.glob("/proc/pressure/*"):
        own = f"{LAB}/pressure/{os.path.basename(kernels)}"
        if os.path.exists(own):
            pid = os.posix_spawnp("mount", ["mount", "--bind", own, kernels], os.environ)
            os.waitpid(pid, 0)


def own_cgroup():
    """A path for the inner containers' cgroups. On cgroup v2 a folder holds either processes or
    controlled subfolders, so this container's processes move to a subfolder first."""
    with open("/proc/self/cgroup") as file:
        paths = {controller: path for _, controller, path in (line.strip().split(":", 2) for line in file)}
    if "pids" in paths or "memory" in paths:
        return paths.get("pids", paths.get("memory")).rstrip("/") + "/inner"
    path = paths[""].rstrip("/")
    mine = "/sys/fs/cgroup" + path
    os.makedirs(mine + "/init", exist_ok=True)
    for pid in open(mine + "/cgroup.procs").read().split():
        with open(mine + "/init/cgroup.procs", "w") as file:
            file.write(pid)
    for controller in open(mine + "/cgroup.controllers").read().split():
        try:
            with open(mine + "/cgroup.subtree_control", "w") as file:
                file.write("+" + controller)
        except OSError:
            pass  # The lab does without a controller that the machine does not delegate.
    return path + "/inner"


def reap(units):
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for unit in units:
            if unit.pid == pid:
                unit.ended()


def stop(units):
    for number in (signal.SIGTERM, signal.SIGKILL):
        for unit in reversed(units):
            if unit.pid:
                os.kill(unit.pid, number)
        deadline = time.monotonic() + STOPPED_WITHIN_S
        while any(unit.pid for unit in units) and time.monotonic() < deadline:
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
            reap(units)


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with open(f"{LAB}/part.json") as file:
        part = json.load(file)
    for stale in glob.glob(f"{LAB}/ctl/*.pid"):
        remove(stale)
    cgroup = ""
    if part["engine"]:
        close_the_way_out()
        own_pressure()
        cgroup = own_cgroup()
    units = [Unit(described, cgroup) for described in part["units"]]
    while True:
        now = time.monotonic()
        for unit in units:
            if unit.pid is None and unit.start_at <= now and not unit.held_down:
                unit.start()
        waiting = [unit.start_at - now for unit in units if unit.pid is None and not unit.held_down]
        caught = signal.sigtimedwait(SIGNALS, max(0.01, min([*waiting, 3600])))
        reap(units)
        if caught and caught.si_signo in (signal.SIGTERM, signal.SIGINT):
            stop(units)
            sys.exit(0)
        if caught and caught.si_signo == signal.SIGHUP:
            for unit in units:
                unit.start_at = 0.0


main()
