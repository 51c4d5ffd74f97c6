"""The Debian packages that Hearth needs, what each is for, and installing them."""

import argparse
import collections
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.dev import engine
from tools.dev.paths import BUILD
from tools.dev.processes import as_root, output_of, which
from tools.dev.terminal import Failure, say, timed
from tools.dev.verbs import Verb

DEBIAN_PYTHON = "/usr/bin/python3"


def _have(*programs: str) -> Callable[[], bool]:
    return lambda: all(which(program) for program in programs)


def _have_engine() -> bool:
    # Another vendor's engine is equally good, and may conflict with Debian's package.
    return bool(which("dockerd")) or engine.answers(engine.MACHINE_SOCKET)


def _have_pytest() -> bool:
    return importlib.util.find_spec("pytest") is not None


def _have_venv() -> bool:
    return importlib.util.find_spec("ensurepip") is not None


@dataclass(frozen=True)
class Package:
    name: str
    what_for: str
    # True if something else on the machine already replaces this package.
    replaced: Callable[[], bool] = lambda: False


GROUPS: dict[str, list[Package]] = {
    "build": [
        Package("g++", "the compiler"),
        Package("cmake", "configures the build"),
        Package("ninja-build", "runs the build"),
        Package("ccache", "caches compilations"),
        Package("mold", "links fast"),
        Package("pkg-config", "finds librdkafka"),
        Package("librdkafka-dev", "Kafka client, and the embedded broker"),
        Package("libboost1.81-dev", "Asio and Beast: network and HTTP; JSON and URL"),
        Package("libboost-context1.81-dev", "stackful coroutines"),
        Package("libexpected-dev", "Result<T>"),
        Package("libspdlog-dev", "logging"),
        Package("libfmt-dev", "formatting"),
        Package("libsqlite3-dev", "the database"),
        Package("libarchive-dev", "build contexts as tar"),
        Package("libfyaml-dev", "workload files"),
        Package("nettle-dev", "digests"),
        Package("libre2-dev", "patterns of log rules"),
        Package("libgtest-dev", "unit tests"),
        Package("libgmock-dev", "matchers in unit tests"),
        Package("librapidcheck-dev", "property tests"),
    ],
    "run": [
        Package("docker.io", "the Docker engine that runs the containers", _have_engine),
        Package("iptables", "the engine's networks"),
        Package("iproute2", "the engine's bridge"),
        Package("busybox-static", "the content of the tests' images"),
        Package("sqlite3", "reads the database as a user would"),
    ],
    "kafka": [
        Package("default-jre-headless", "runs a real Kafka broker", _have("java")),
        Package("maven", "fetches the broker", _have("mvn")),
    ],
    "test": [
        Package("python3-pytest", "tests of the tools and of the lab", _have_pytest),
        Package("python3-jsonschema", "checks the schema of workload files"),
        Package("zsh", "reads its generated completions"),
        Package("fish", "likewise"),
        Package("groff-base", "renders the man pages"),
    ],
    # What the services that the lab runs in containers link. Their own packages are only unpacked: installing one starts its service.
    "services": [
        Package("libicu72", "PostgreSQL in the lab's containers"),
        Package("libxml2", "likewise"),
        Package("libldap-2.5-0", "likewise"),
        Package("libpam0g", "likewise"),
        Package("libgssapi-krb5-2", "likewise"),
        Package("postgresql-client-15", "asks it, from a node"),
        Package("liblua5.3-0", "HAProxy in the lab's containers"),
        Package("libopentracing-c-wrapper0", "likewise"),
        Package("libpcre2-8-0", "likewise"),
        Package("libdlt2", "Mosquitto in the lab's containers"),
        Package("libwrap0", "likewise"),
        Package("mosquitto-clients", "speaks to it, from a node"),
    ],
    "bench": [
        Package("libbenchmark-dev", "times the core"),
    ],
    "check": [
        Package("clang-format-19", "the format"),
        Package("python3-venv", "installs clang-tidy, for static analysis", _have_venv),
    ],
}


def missing(groups: Iterable[str]) -> list[Package]:
    wanted = [package for group in groups for package in GROUPS[group]]
    listed = output_of_query([package.name for package in wanted])
    return [package for package in wanted if package.name not in listed and not package.replaced()]


def output_of_query(names: list[str]) -> set[str]:
    """The installed ones among the packages: one dpkg-query for all (it fails if one is unknown, but lists the rest)."""
    if not which("dpkg-query"):
        return set()
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *names],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return {line.split()[1] for line in done.stdout.splitlines() if line.startswith("installed ")}


def ensure(*groups: str) -> None:
    """Installs the missing packages of these groups. Takes no time if there are none."""
    packages = missing(groups)
    if not packages:
        return
    names = [package.name for package in packages]
    if not which("apt-get"):
        raise Failure("these packages are missing, and ./dev cannot install them without apt-get (it supports Debian 12): " + " ".join(names))
    with timed(f"installing {len(packages)} packages"):
        for package in packages:
            say(f"   {package.name:26} {package.what_for}")
        _apt("refreshing the package lists", ["update"])
        _apt("installing", ["install", "--no-install-recommends", *names])
    still = [package.name for package in missing(groups)]
    if still:
        raise Failure(f"apt-get reported success, but these are not installed: {' '.join(still)}")


def _apt(what: str, arguments: list[str]) -> None:
    """Runs apt-get and reports its progress every few seconds; shows its output only if it fails."""
    settings = ["-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", "-o", "Acquire::Retries=3", "-o", "APT::Status-Fd=3"]
    # The progress goes to descriptor 3 (apt closes it to the packages' scripts), which is merged into the output: sudo keeps only 0-2.
    command = as_root(["sh", "-c", 'exec "$@" 3>&1', "sh", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *settings, *arguments])
    log = BUILD / "logs" / "apt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    last_words: collections.deque[str] = collections.deque(maxlen=15)
    reported = time.monotonic()
    with open(log, "a") as file, subprocess.Popen(command, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        for line in process.stdout:
            file.write(line)
            if not line.startswith(("dlstatus:", "pmstatus:")):
                last_words.append(line)
                continue
            if time.monotonic() - reported > 3:
                reported = time.monotonic()
                kind, _, percent, doing = line.strip().split(":", 3)
                step = "fetching" if kind == "dlstatus" else "unpacking and setting up"
                say(f"   {step} {float(percent):3.0f} %  {doing}")
    if process.returncode != 0:
        raise Failure(f"{what} failed; apt-get says:\n{''.join(last_words)}    (full output: {log})")


def python_with_pytest() -> str:
    """The interpreter for pytest: ours if it has pytest, else Debian's, whose package `ensure` installs."""
    return sys.executable if _have_pytest() else DEBIAN_PYTHON


def jobs() -> int:
    """The number of parallel compilers: one per core, with a GiB of memory each. HEARTH_JOBS overrides it."""
    if "HEARTH_JOBS" in os.environ:
        return max(1, int(os.environ["HEARTH_JOBS"]))
    available_kib = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                         if line.startswith("MemAvailable:"))
    return max(1, min(len(os.sched_getaffinity(0)), available_kib >> 20))


def _setup(args: argparse.Namespace) -> int:
    ensure(*(args.group or GROUPS))
    say("all packages are installed")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    lacking = [package.name for package in missing(GROUPS)]
    say(f"packages    {'all installed' if not lacking else 'missing: ' + ' '.join(lacking)}")
    say(f"python      {sys.executable} {sys.version.split()[0]}; pytest by {python_with_pytest()}")
    java = output_of(["java", "--version"]).splitlines()
    say(f"java        {java[0] if java else 'none'}")
    answering = [path for path in (engine.MACHINE_SOCKET, engine.OwnEngine().socket) if engine.answers(path)]
    say(f"engine      {', '.join(map(str, answering)) or 'none answers; verbs that need one start it'}")
    say(f"jobs        {jobs()} in parallel")
    return 1 if lacking else 0


VERBS = [
    Verb("setup", "Install missing Debian packages. Every verb does this for what it needs.",
         ["./dev setup              everything", "./dev setup build        only what a build needs"], _setup,
         lambda parser: parser.add_argument("group", nargs="*", metavar="GROUP", help=", ".join(GROUPS)) and None),
    Verb("doctor", "Show which of the verbs' requirements this machine meets.", ["./dev doctor"], _doctor),
]
