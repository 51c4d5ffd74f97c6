"""The Docker Engine API over a unix socket: the few calls that the lab needs.

Plain HTTP, no `docker` client: a call costs a millisecond instead of a process, and the nodes' own
engines are asked the same way as the outer one. A connection per call; not for large answers.
"""

import http.client
import io
import json
import os
import socket
import tarfile
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

API = "/v1.41"  # Debian 12's docker.io. A newer engine that refuses it is asked for its own.
SOCKET_PATH_BYTES_MAX = 107


class EngineError(Exception):
    """The engine refused. `status` is its HTTP status."""

    def __init__(self, status: int, message: str, what: str):
        super().__init__(f"{what}: {status}: {message}")
        self.status = status


class EngineUnreachable(Exception):
    """No answer from the socket: no power, frozen, or the engine is not (yet) running."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float):
        super().__init__("docker", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        if len(self._path) <= SOCKET_PATH_BYTES_MAX:
            self.sock.connect(self._path)
            return
        folder = os.open(os.path.dirname(self._path), os.O_PATH)
        try:
            self.sock.connect(f"/proc/self/fd/{folder}/{os.path.basename(self._path)}")
        finally:
            os.close(folder)


class Engine:
    """One Docker engine. `socket_path` is a function where the path changes (a node's, with its power)."""

    def __init__(self, socket_path: str | Path | Callable[[], str]):
        self._socket_path = socket_path if callable(socket_path) else lambda: str(socket_path)
        self._api: str | None = None

    def call(self, method: str, path: str, *, body: Any = None, timeout_s: float = 20, **query: Any) -> Any:
        """Returns the decoded JSON answer, or the bytes of another answer."""
        reply, connection = self._open(method, path, body, timeout_s, query)
        try:
            content = reply.read()
        except (OSError, http.client.HTTPException) as broken:
            raise EngineUnreachable(f"{method} {path}: {broken!r}") from None
        finally:
            connection.close()
        if "json" in reply.headers.get("Content-Type", ""):
            try:
                return json.loads(content) if content else None
            except json.JSONDecodeError:  # A stream of objects.
                return content
        return content

    def stream(self, method: str, path: str, *, body: Any = None, timeout_s: float = 600,
               on_open: Callable[[], None] = lambda: None, **query: Any) -> Iterator[dict]:
        """Yields the JSON objects of a streamed answer as they arrive. Calls `on_open` once the engine begins to answer."""
        reply, connection = self._open(method, path, body, timeout_s, query)
        on_open()
        try:
            for line in iter(reply.readline, b""):
                if line.strip():
                    yield json.loads(line)
        except (TimeoutError, OSError, http.client.HTTPException) as broken:
            raise EngineUnreachable(f"{method} {path}: {broken!r}") from None
        finally:
            connection.close()

    def _open(self, method: str, path: str, body: Any, timeout_s: float, query: dict[str, Any]):
        try:
            connection = _UnixConnection(self._socket_path(), timeout_s)
            target = self._version_prefix(timeout_s) + path
            filled = {key: _query_value(value) for key, value in query.items() if value is not None}
            if filled:
                target += "?" + urllib.parse.urlencode(filled)
            headers = {}
            if isinstance(body, (bytes, io.IOBase)):
                headers["Content-Type"] = "application/x-tar"
            elif body is not None:
                body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
            connection.request(method, target, body=body, headers=headers)
            reply = connection.getresponse()
        except (OSError, http.client.HTTPException) as broken:
            raise EngineUnreachable(f"{method} {path}: {broken!r}") from None
        if reply.status >= 400:
            content = reply.read()
            connection.close()
            try:
                message = json.loads(content)["message"]
            except (ValueError, KeyError, TypeError):
                message = content.decode(errors="replace")
            raise EngineError(reply.status, message, f"{method} {path}")
        return reply, connection

    def _version_prefix(self, timeout_s: float) -> str:
        if self._api is None:
            connection = _UnixConnection(self._socket_path(), timeout_s)
            try:
                connection.request("GET", "/version")
                least = json.loads(connection.getresponse().read()).get("MinAPIVersion", "1.12")
            finally:
                connection.close()
            newer = tuple(map(int, least.split("."))) > (1, 41)
            self._api = f"/v{least}" if newer else API
        return self._api

    # -- the calls

    def is_ready(self, timeout_s: float = 1) -> bool:
        try:
            return self.call("GET", "/_ping", timeout_s=timeout_s) == b"OK"
        except (EngineUnreachable, EngineError):
            return False

    def containers(self, *, everything: bool = True, timeout_s: float = 5, **filters: list[str]) -> list[dict]:
        return self.call("GET", "/containers/json", all=everything, filters=filters or None, timeout_s=timeout_s)

    def inspect(self, container: str, timeout_s: float = 5) -> dict:
        return self.call("GET", f"/containers/{container}/json", timeout_s=timeout_s)

    def create(self, name: str | None, spec: dict) -> str:
        return self.call("POST", "/containers/create", body=spec, name=name)["Id"]

    def start(self, container: str) -> None:
        self.call("POST", f"/containers/{container}/start", timeout_s=60)

    def remove(self, container: str, *, force: bool = True) -> None:
        """Removes a container. A missing container is not an error."""
        try:
            self.call("DELETE", f"/containers/{container}", force=force, v=True, timeout_s=60)
        except EngineError as refused:
            if refused.status != 404:
                raise

    def logs(self, container: str, *, tail: str = "all", timeout_s: float = 10) -> str:
        raw = self.call("GET", f"/containers/{container}/logs", stdout=True, stderr=True, tail=tail, timeout_s=timeout_s)
        return demultiplexed(raw if isinstance(raw, bytes) else b"").decode(errors="replace")

    def build(self, context: Path, tag: str) -> str:
        """Builds a folder with the classic builder. Returns the image's id; EngineError with Docker's message."""
        image = ""
        body = tar_of(context)
        for line in self.stream("POST", "/build", body=body, t=tag, rm=True, forcerm=True):
            if "error" in line:
                raise EngineError(500, line["error"], f"build of {tag}")
            image = line.get("aux", {}).get("ID", image)
        return image


def _query_value(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def demultiplexed(raw: bytes) -> bytes:
    """A container's log without the eight bytes before each frame."""
    out, at = bytearray(), 0
    while at + 8 <= len(raw) and raw[at] in (0, 1, 2):
        size = int.from_bytes(raw[at + 4:at + 8], "big")
        out += raw[at + 8:at + 8 + size]
        at += 8 + size
    return bytes(out) if at else raw


def tar_of(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for entry in sorted(folder.rglob("*")):
            tar.add(entry, arcname=str(entry.relative_to(folder)), recursive=False)
    return buffer.getvalue()
