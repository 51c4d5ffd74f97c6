"""Build contexts with services that many platforms run: PostgreSQL, HAProxy, Mosquitto, as Debian packages them.

The packages are fetched and unpacked, not installed, since installing one starts its service on this machine. An image has the programs, the
libraries that they link, and a busybox as its shell.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab import apps
from tools.dev.paths import BUILD

RULES = Path(__file__).resolve().parents[2] / "examples" / "rules"
_PACKAGES = BUILD / "packages"
_POSTGRESQL = Path("usr/lib/postgresql/15")


def unpacked(package: str) -> Path:
    """The folder with the content of a Debian package; fetched once a checkout."""
    folder = _PACKAGES / package
    if not folder.exists():
        _PACKAGES.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_PACKAGES) as scratch:
            os.chmod(scratch, 0o755)  # apt fetches as a user of its own.
            subprocess.run(["apt-get", "-q", "download", package], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
            archive, = Path(scratch).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", archive, f"{scratch}/root"], check=True)
            Path(scratch, "root").rename(folder)
    return folder


def _add(root: Path, package: str, *paths: Path | str) -> None:
    """Files and folders of a package, and the libraries that the programs among them link, at their own places below `root`."""
    source = unpacked(package)
    for path in map(Path, paths):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / path).is_dir():
            shutil.copytree(source / path, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source / path, target)
            _add_libraries(root, source / path)


def _add_libraries(root: Path, program: Path) -> None:
    linked = subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout
    missing = re.findall(r"(\S+) => not found", linked)
    assert not missing, f"{program.name} links {', '.join(missing)}, which no package of the group 'services' has (./dev setup services)"
    for library in map(Path, re.findall(r"(/\S+) \(0x", linked)):
        target = root / str(library).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)


def _context(folder: Path, root: Path, script: str, *, user: str, home: str) -> Path:
    """A context whose container runs `script` as `user`, who owns the folder `home`."""
    apps.busybox_app(folder, script)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(f"root:x:0:0::/:/bin/sh\n{user}:x:70:70::{home}:/bin/sh\n")
    (root / "etc/group").write_text(f"root:x:0:\n{user}:x:70:\n")
    made = f"/bin/busybox mkdir -p {home} /tmp /run; /bin/busybox chown 70:70 {home}; /bin/busybox chmod 1777 /tmp /run; /bin/busybox ln -s busybox /bin/sh"
    (folder / "Dockerfile").write_text(
        "FROM scratch\nCOPY root /\nCOPY busybox /bin/busybox\n"
        f'RUN ["/bin/busybox", "sh", "-c", "{made}"]\n'
        'COPY main.sh /main.sh\nUSER 70:70\nENTRYPOINT ["/bin/busybox", "sh", "/main.sh"]\n')
    return folder


def postgresql(folder: Path, *, connections: int = 20) -> Path:
    """Serves port 5432; user `postgres` needs no password."""
    root = folder / "root"
    programs = [_POSTGRESQL / "bin" / name for name in ("postgres", "initdb")]
    _add(root, "postgresql-15", *programs, "usr/share/postgresql/15", *(_POSTGRESQL / "lib" / name for name in ("plpgsql.so", "dict_snowball.so")))
    bin_folder = f"/{_POSTGRESQL}/bin"
    return _context(folder, root, f"""
[ -e /data/PG_VERSION ] || {bin_folder}/initdb -D /data -U postgres -A trust -E UTF8 --locale=C --no-sync > /tmp/initdb.log || exit 1
echo 'host all all 0.0.0.0/0 trust' >> /data/pg_hba.conf
exec {bin_folder}/postgres -D /data -k /tmp -c listen_addresses='*' -c max_connections={connections} -c timezone=GMT -c log_timezone=GMT
""", user="postgres", home="/data")


def haproxy(folder: Path) -> Path:
    """Serves port 8080 by two web servers of its own, one of which SIGUSR1 to process 1 ends and SIGUSR2 starts again, both together."""
    root = folder / "root"
    _add(root, "haproxy", "usr/sbin/haproxy")
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/haproxy.cfg").write_text("""
global
    log stdout format raw local0
    master-worker
defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind :8080
    default_backend farm
backend farm
    default-server check inter 200ms fall 2 rise 2
    server a 127.0.0.1:9001
    server b 127.0.0.1:9002
""")
    return _context(folder, root, """
serve() { for port in 9001 9002; do /bin/busybox httpd -f -p 127.0.0.1:$port -h /etc & servers="$servers $!"; done; }
end() { kill $servers; servers=; }
trap end USR1; trap serve USR2; trap 'kill $proxy; exit 0' TERM
serve
/usr/sbin/haproxy -f /etc/haproxy.cfg & proxy=$!
while kill -0 $proxy; do wait $proxy; done
""", user="haproxy", home="/var/lib/haproxy")


def mosquitto(folder: Path) -> Path:
    """Serves port 1883 to clients that know the one password there is, which is 'right'."""
    root = folder / "root"
    _add(root, "mosquitto", "usr/sbin/mosquitto", "usr/bin/mosquitto_passwd")
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/mosquitto.conf").write_text("""
listener 1883
allow_anonymous false
password_file /data/passwords
log_dest stderr
log_type all
""")
    return _context(folder, root, """
/usr/bin/mosquitto_passwd -b -c /data/passwords sensor right
exec /usr/sbin/mosquitto -c /etc/mosquitto.conf
""", user="mosquitto", home="/data")
