"""The definition of the lab's containers.

All start from one image with a few lines of /etc and symbolic links; programs come from the machine's
own /usr, mounted read-only, so there is nothing to pull and nothing to build. The state of a part that
survives a power cut is in <lab folder>/<part>; everything else is in memory.

The kernel may withhold CAP_SYS_RESOURCE, so containers are not `privileged` but get one by one the
rights that a Docker engine inside needs.
"""

import io
import json
import os
import tarfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.lab.harness.docker_api import Engine, EngineError
from tests.lab.harness.names import LABEL, LabNames
from tests.lab.harness.pressure import write_calm

HARNESS = Path(__file__).resolve().parent
CREATE_TRIES_MAX = 5
SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
                  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\ndocker:x:101:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


@dataclass
class Part:
    """One container: its name in the lab, its units, and its mounts from the machine."""

    name: str
    address: str
    units: list[dict]
    engine: bool = False  # Runs a Docker engine of its own.
    mounts: list[str] = field(default_factory=list)  # source:target[:ro]
    environment: dict[str, str] = field(default_factory=dict)


def prepare_folders(part: Part, folder: Path) -> None:
    """Writes the files that the part's process 1 reads. Data of an earlier run stays."""
    for sub in ("log", "ctl"):
        (folder / part.name / sub).mkdir(parents=True, exist_ok=True)
    if part.engine:
        write_calm(folder / part.name / "pressure")
    described = {"engine": part.engine, "units": part.units}
    (folder / part.name / "part.json").write_text(json.dumps(described, indent=2))


def container_spec(part: Part, names: LabNames, owner_label: str) -> dict:
    """The body of POST /containers/create, without the image."""
    binds = [f"{names.folder / part.name}:/lab", f"{HARNESS}:/lab-harness:ro", "/usr:/usr:ro"]
    binds += [f"{path}:{path}:ro" for path in ("/etc/ssl", "/etc/alternatives") if os.path.isdir(path)]
    host = {
        "Binds": [*binds, *part.mounts],
        "NetworkMode": names.network,
        "Tmpfs": {"/run": "", "/tmp": "exec", "/var/log": "", "/root": ""},
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "none"},
    }
    if part.engine:
        host["Binds"] += ["/sys/fs/cgroup:/sys/fs/cgroup:rw", "/dev:/dev",
                          f"{names.folder / part.name}/docker:/var/lib/docker"]
        host |= {
            "CapAdd": ["ALL"], "CapDrop": ["SYS_RESOURCE"], "CgroupnsMode": "host",
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
            # The client's systempaths=unconfined stands for these two.
            "MaskedPaths": [], "ReadonlyPaths": [],
            "DeviceCgroupRules": ["a *:* rwm"],
        }
        host["SecurityOpt"].remove("systempaths=unconfined")
    path = "/opt/hearth/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"PATH": path, "HOME": "/root", "DOCKER_HOST": "unix:///run/docker.sock", **part.environment}
    return {
        "Hostname": part.name,
        "Env": [f"{key}={value}" for key, value in environment.items()],
        "Entrypoint": ["/usr/bin/python3", "-IS", "/lab-harness/part_init.py"],
        "Labels": {LABEL: names.label, f"{LABEL}.part": part.name, f"{LABEL}.owner": owner_label},
        "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": {names.network: {"IPAMConfig": {"IPv4Address": part.address}}}},
    }


def ensure_image(engine: Engine) -> str:
    """Makes the shared image from scratch if the engine lacks it. Returns its name."""
    content = _image_tar()
    name = f"hearth-lab-base:{sha256(content).hexdigest()[:12]}"
    try:
        engine.call("GET", f"/images/{name}/json")
    except EngineError as missing:
        if missing.status != 404:
            raise
        repo, tag = name.split(":")
        engine.call("POST", "/images/create", body=content, fromSrc="-", repo=repo, tag=tag)
    return name


def create(engine: Engine, name: str, spec: dict) -> None:
    """Creates a container of the shared image, which another checkout removes when its last lab goes down."""
    for tries_left in reversed(range(CREATE_TRIES_MAX)):
        try:
            engine.create(name, {**spec, "Image": ensure_image(engine)})
            return
        except EngineError as refused:
            if refused.status != 404 or not tries_left:
                raise


def _image_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in SYSTEM_LINKS:
            if os.path.islink(f"/{name}"):
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, os.readlink(f"/{name}")
                tar.addfile(link)
        run = tarfile.TarInfo("var/run")
        run.type, run.linkname = tarfile.SYMTYPE, "/run"
        tar.addfile(run)
        for name, text in ETC.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), 0o644
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


# -- units


def engine_unit() -> dict:
    return {"name": "dockerd", "restart_delay_s": 0.5, "command": [
        "/usr/sbin/dockerd", "--host", "unix:///run/docker.sock", "--cgroup-parent", "{cgroup}",
        "--userland-proxy=false", "--log-level", "warn", "--shutdown-timeout", "3"]}


def agent_unit(node: str, address: str, manager: str, environment: dict[str, str]) -> dict:
    return {"name": "hearth-agent", "env": environment, "command": [
        "/opt/hearth/bin/hearth-agent", "--node", node, "--manager", manager, "--listen", f"{address}:7701",
        "--state", "/lab/agent-state", "--docker", "unix:///run/docker.sock", "--token-file", "/lab/etc/token"]}


def manager_unit() -> dict:
    return {"name": "hearthd", "command": ["/opt/hearth/bin/hearthd", "--config", "/lab/etc/config.json"]}
