"""POSTs to a Docker engine's socket, for tests of the engine itself."""

import json
from pathlib import Path
from typing import Any

from tools.dev.engine import UnixConnection


def post(socket: Path, target: str, body: object = None, kind: str = "application/json") -> tuple[int, Any]:
    """Returns the status and the reply: decoded if it is one JSON value, raw otherwise."""
    connection = UnixConnection(socket, timeout_s=60)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        connection.request("POST", target, data, {"Content-Type": kind})
        reply = connection.getresponse()
        raw = reply.read()
    finally:
        connection.close()
    try:
        return reply.status, json.loads(raw) if raw else None
    except ValueError:
        return reply.status, raw
