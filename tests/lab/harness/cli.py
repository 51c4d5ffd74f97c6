"""./dev lab: real servers on one machine, to observe and to break by hand."""

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab.harness.lab import Lab, LabConfig
from tests.lab.harness.names import LABS, LabNames
from tests.lab.harness.privilege import again_as_root, interrupted_by_sigterm
from tests.lab.harness.remains import collect_abandoned, take_down
from tools.dev.processes import which
from tools.dev.terminal import Failure, Parser, error, say

EXAMPLES = """examples:
  ./dev lab up --nodes 3            three servers, a Kafka and a manager, on a network of their own
  ./dev lab status
  ./dev lab hearth node list        the CLI, with the lab's manager
  ./dev lab sh node1                a shell on a server; 'docker ps' there shows its containers
  ./dev lab sh node1 docker ps
  ./dev lab logs manager -f         the output of a part: manager, broker, node1, …
  ./dev lab break power-cut node2   a fault, as the tests use them; 'lab break --help' lists all
  ./dev lab down                    remove the lab
"""
FAULTS = {
    "power-cut": ("power_cut", "switch a machine off at once"),
    "power-on": ("power_on", "switch it on again"),
    "break-power": ("break_power", "make the manager's power switch for it fail"),
    "mend-power": ("mend_power", "make the switch work again"),
    "freeze": ("freeze", "hang a machine"),
    "thaw": ("thaw", "make it continue"),
    "partition": ("partition", "pull the cable: PART [FROM]; without FROM, from everything"),
    "heal": ("heal", "plug in all cables"),
    "kill-agent": ("kill_agent", "kill -9 of its agent"),
    "kill-engine": ("kill_engine", "kill -9 of its dockerd"),
    "kill-container": ("kill_container", "kill -9 of a container's process: APP [NODE]"),
    "kill-manager": ("kill_manager", "kill -9 of hearthd"),
    "manager-down": ("manager_down", "kill -9 of hearthd, which stays down"),
    "manager-up": ("manager_up", "start it again"),
    "stop-broker": ("stop_broker", "kill -9 of Kafka, which stays down"),
    "start-broker": ("start_broker", "start it again"),
    "lose-broker-disk": ("lose_broker_disk", "kill -9 of Kafka, which stays down, its disk emptied"),
    "stall-broker": ("stall_broker", "SIGSTOP of Kafka"),
    "resume-broker": ("resume_broker", "SIGCONT of Kafka"),
}


def main(argv: Sequence[str]) -> int:
    if os.geteuid() != 0:
        return again_as_root("tests.lab.harness.cli", argv)
    arguments = _parser().parse_args(argv)
    try:
        with interrupted_by_sigterm():
            return arguments.do(arguments)
    except KeyboardInterrupt:
        return 130
    except Failure as failed:
        error(str(failed))
        return failed.code


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="./dev lab", description=__doc__, epilog=EXAMPLES,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="default", help="which lab, if there are several (default: default)")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    up = verbs.add_parser("up", help="bring a lab up")
    up.add_argument("--nodes", type=int, default=3)
    up.add_argument("--bin", type=Path, default=LabConfig().bin_dir, help="folder with hearth, hearthd, hearth-agent")
    up.add_argument("--profile", default="default", help="liveness profile: default, fast, instant, relaxed")
    up.add_argument("--no-power", action="store_true", help="the manager gets no power switches")
    up.add_argument("--bare", action="store_true", help="engines, network and Kafka only, nothing of Hearth")
    up.set_defaults(do=_up)

    verbs.add_parser("status", help="show what runs where").set_defaults(do=_status)
    verbs.add_parser("down", help="remove the lab").set_defaults(do=_down)

    shell = verbs.add_parser("sh", help="run a shell or a command on a part")
    shell.add_argument("part", help="node1, node2 …, manager, broker")
    shell.add_argument("command", nargs=argparse.REMAINDER)
    shell.set_defaults(do=_shell)

    hearth = verbs.add_parser("hearth", help="run the CLI with the lab's manager")
    hearth.add_argument("rest", nargs=argparse.REMAINDER)
    hearth.set_defaults(do=_hearth)

    logs = verbs.add_parser("logs", help="show the output of a part")
    logs.add_argument("part")
    logs.add_argument("-f", "--follow", action="store_true")
    logs.set_defaults(do=_logs)

    reported = "\n".join(f"  {name:15} {about}" for name, (_, about) in FAULTS.items())
    fault = verbs.add_parser("break", help="cause a fault: power cut, partition, kill …", epilog=f"faults:\n{reported}",
                             formatter_class=argparse.RawDescriptionHelpFormatter)
    fault.add_argument("fault", choices=FAULTS, metavar="FAULT")
    fault.add_argument("targets", nargs="*", metavar="PART")
    fault.set_defaults(do=_break)
    return parser


def _up(arguments: argparse.Namespace) -> int:
    begin = time.monotonic()
    config = LabConfig(nodes=arguments.nodes, bin_dir=arguments.bin.resolve(), profile=arguments.profile,
                       power=not arguments.no_power, bare=arguments.bare)
    say(f"== lab '{arguments.name}': {config.nodes} servers")
    lab = Lab.up(arguments.name, config)
    say(f"   lab up in {time.monotonic() - begin:.1f} s on {lab.subnet}")
    for part in lab.parts:
        if part != "manager" or not config.bare:
            say(f"   {part:8} {lab.address(part)}")
    say("   next: ./dev lab hearth status; ./dev lab sh node1; ./dev lab down")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    if not (LabNames(arguments.name).folder / "lab.json").exists():
        others = sorted(path.parent.name for path in LABS.glob("*/lab.json"))
        say(f"no lab '{arguments.name}'" + (f"; there are: {', '.join(others)}" if others else ""))
        return 1
    say(Lab.attach(arguments.name).describe())
    return 0


def _down(arguments: argparse.Namespace) -> int:
    begin, names = time.monotonic(), LabNames(arguments.name)
    was = names.folder.exists()
    take_down(names)
    collect_abandoned(say)
    say(f"   lab '{names.name}' is down ({time.monotonic() - begin:.1f} s)" if was else f"   there was no lab '{names.name}'")
    return 0


def _shell(arguments: argparse.Namespace) -> int:
    lab = Lab.attach(arguments.name)
    _known(lab, arguments.part)
    docker = which("docker")
    if not docker:
        raise Failure("'lab sh' needs the docker client: ./dev setup")
    mode = ["--interactive", *(["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else [])]
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    return subprocess.call([docker, "--host", f"unix://{lab.engine_socket}", "exec", *mode, lab.names.container(arguments.part),
                            *(command or ["/bin/bash"])])


def _hearth(arguments: argparse.Namespace) -> int:
    lab = Lab.attach(arguments.name)
    manager = lab.manager
    return subprocess.call([lab.config.bin_dir / "hearth", *arguments.rest], env=manager.cli_environment())


def _logs(arguments: argparse.Namespace) -> int:
    lab = Lab.attach(arguments.name)
    _known(lab, arguments.part)
    logs = sorted((lab.folder / arguments.part / "log").glob("*.log"))
    return subprocess.call(["tail", "-n", "+1", *(["-F"] if arguments.follow else []), *logs])


def _break(arguments: argparse.Namespace) -> int:
    lab = Lab.attach(arguments.name)
    method, _ = FAULTS[arguments.fault]
    for target in arguments.targets:
        if arguments.fault != "kill-container":
            _known(lab, "broker" if target == "kafka" else target)
    try:
        getattr(lab, method)(*arguments.targets)
    except (AssertionError, TypeError) as refused:
        raise Failure(f"{shlex.join(['break', arguments.fault, *arguments.targets])}: {refused}") from None
    return 0


def _known(lab: Lab, part: str) -> None:
    if part not in lab.parts:
        raise Failure(f"the lab has no '{part}': it has {', '.join(lab.parts)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
