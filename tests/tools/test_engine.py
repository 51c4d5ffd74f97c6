"""Our own Docker engine: it works, it is shared, and the last user to leave stops it. Nothing else is touched."""

import fcntl
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.dev import engine as engine_module
from tools.dev.engine import Engine, OwnEngine, ask, ensure_engine, free_subnet
from tools.dev.paths import ROOT
from tools.dev.terminal import Failure
from tests.tools.docker_http import post

BUSYBOX = shutil.which("busybox") or "/bin/busybox"


@contextmanager
def engine_in(home: Path) -> Iterator[OwnEngine]:
    own = OwnEngine(home)
    yield own
    own.stop()
    subprocess.run(engine_module.as_root(["rm", "-rf", own.home, *([own.short] if own.short != own.home else [])]), check=True)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnEngine]:
    """An engine with a home of its own, because the checkout's may be in use."""
    with engine_in(tmp_path / "engine") as own:
        yield own


def use(own: OwnEngine) -> Engine:
    return Engine(own.socket, own, own.enter(lambda _: None))


def busybox_context() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        dockerfile = b'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "true"]\nENTRYPOINT ["/bin/busybox"]\n'
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        tar.addfile(entry, io.BytesIO(dockerfile))
        tar.add(BUSYBOX, "busybox")
    return packed.getvalue()


@pytest.mark.docker
def test_builds_and_runs_an_image_from_scratch(own: OwnEngine) -> None:
    with use(own) as engine:
        status, reply = post(engine.socket, "/build?t=tiny", busybox_context(), "application/x-tar")
        assert status == 200 and b"Successfully tagged tiny" in reply, reply
        status, reply = post(engine.socket, "/containers/create", {"Image": "tiny", "Cmd": ["sh", "-c", "exit 7"]})
        assert status == 201
        container = reply["Id"]
        assert post(engine.socket, f"/containers/{container}/start")[0] == 204
        assert post(engine.socket, f"/containers/{container}/wait")[1]["StatusCode"] == 7


@pytest.mark.docker
def test_the_last_user_stops_it_and_its_bridge(own: OwnEngine) -> None:
    first, second = use(own), use(own)
    assert first.socket == second.socket and own.pid()
    first.stop()
    assert ask(own.socket, "/_ping") == b"OK"
    second.stop()
    assert own.pid() is None
    assert not Path(f"/sys/class/net/{own.bridge}").exists()


@pytest.mark.docker
def test_engines_of_two_checkouts_can_start_and_stop_at_the_same_time(own: OwnEngine, tmp_path: Path) -> None:
    with engine_in(tmp_path / "other") as other, ThreadPoolExecutor() as both:
        for _ in range(2):
            used = list(both.map(use, [own, other]))
            assert [ask(engine.socket, "/_ping") for engine in used] == [b"OK", b"OK"]
            list(both.map(Engine.stop, used))
            assert own.pid() is None and other.pid() is None


@pytest.mark.docker
def test_a_reservation_keeps_it_up_until_it_is_removed(own: OwnEngine) -> None:
    with use(own) as engine:
        engine.keep("lab")
    assert ask(own.socket, "/_ping") == b"OK"
    assert not own.stop_unless_used()
    own.unreserve("lab")
    assert own.pid() is None


@pytest.mark.docker
def test_a_killed_user_does_not_count_and_a_killed_engine_comes_back(own: OwnEngine) -> None:
    script = ("import sys, time; sys.path[0] = sys.argv[1]; from pathlib import Path; from tools.dev.engine import OwnEngine\n"
              "OwnEngine(Path(sys.argv[2])).enter(lambda _: None); print('in', flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", script, ROOT, own.home], stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout and user.stdout.readline() == "in\n"
        pid = own.pid()
        user.kill()
    engine = use(own)
    assert own.pid() == pid  # It was still running, and was taken over.
    subprocess.run(engine_module.as_root(["kill", "-9", str(pid)]), check=True)
    again = use(own)
    assert own.pid() not in (None, pid)
    engine.stop()
    again.stop()
    assert own.pid() is None


@pytest.mark.docker
def test_a_checkout_with_a_path_too_long_for_sockets_works(tmp_path: Path) -> None:
    own = OwnEngine(tmp_path / ("deep" * 20) / "engine")
    try:
        with use(own) as engine:
            assert len(str(engine.socket)) < 108
            assert engine.version
    finally:
        subprocess.run(engine_module.as_root(["rm", "-rf", own.home, own.short]), check=True)


@pytest.mark.docker
def test_a_failed_start_quotes_the_engines_log(own: OwnEngine) -> None:
    (own.home / "data").mkdir(parents=True)
    (own.home / "data" / "image").write_text("in the way")
    with pytest.raises(Failure, match=r"(?s)did not start. It says:\n.*not a directory"):
        use(own)
    assert own.pid() is None and not Path(f"/sys/class/net/{own.bridge}").exists()


@pytest.mark.docker
def test_an_engine_that_answers_is_used_and_not_stopped(own: OwnEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    with use(own) as running:
        monkeypatch.setenv("DOCKER_HOST", running.docker_host)
        monkeypatch.delenv("HEARTH_ENGINE", raising=False)
        with ensure_engine() as engine:
            assert engine.socket == running.socket and not engine.ours
        assert own.pid()


class NeverStopped(OwnEngine):
    """An engine whose dockerd appears to run, and which must not be touched."""

    def pid(self) -> int | None:
        return os.getpid()

    def stop(self) -> None:
        pytest.fail("it was stopped")

    def _start(self, say) -> None:
        pytest.fail("it was started again")


@pytest.fixture
def never_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NeverStopped:
    monkeypatch.setattr(engine_module, "ANSWERS_WITHIN_S", 0.2)
    own = NeverStopped(tmp_path / "engine")
    (own.home / "kept").mkdir(parents=True)
    return own


def test_an_engine_that_is_not_for_this_user_is_left_alone(never_stopped: NeverStopped, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(engine_module, "ask", refuse)
    with pytest.raises(Failure, match="its socket is not for this user"):
        never_stopped.enter(lambda _: None)


def test_an_engine_that_hangs_while_a_lab_has_reserved_it_is_left_alone(never_stopped: NeverStopped) -> None:
    never_stopped.reserve("lab")
    with pytest.raises(Failure, match="is used by others and does not answer .*dev lab down"):
        never_stopped.enter(lambda _: None)


def test_an_engine_that_hangs_while_another_process_uses_it_is_left_alone(never_stopped: NeverStopped) -> None:
    with open(never_stopped.home / "users", "a") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        with pytest.raises(Failure, match="is used by others and does not answer"):
            never_stopped.enter(lambda _: None)


def test_under_sudo_the_engine_belongs_to_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "1234")
    monkeypatch.setenv("SUDO_GID", "1235")
    given: dict[Path, tuple[int, int]] = {}
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.update({path: (user, group)}))
    own = OwnEngine(tmp_path / "engine")
    monkeypatch.setattr(own, "_start", lambda _: None)
    os.close(own.enter(lambda _: None))
    assert {own.home, own.home / "users", own.home / "lock", own.home / "kept"} <= given.keys()
    assert set(given.values()) == {(1234, 1235)}


def test_another_process_with_the_recorded_pid_is_not_taken_for_ours(tmp_path: Path) -> None:
    own = OwnEngine(tmp_path)
    own.pid_file.write_text(str(os.getpid()))
    assert own.pid() is None
    own.stop()  # Does not stop it either.
    os.kill(os.getpid(), 0)


def test_the_bridge_uses_a_network_that_no_route_covers() -> None:
    address = free_subnet("00000000")
    assert address.startswith("10.") and address.endswith(".1/24")
