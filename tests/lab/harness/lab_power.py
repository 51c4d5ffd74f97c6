#!/usr/bin/python3 -IS
"""The lab's power switch, for Hearth's `exec` power driver.

    lab_power.py OUTER_DOCKER_SOCKET CONTAINER_PREFIX CTL_FOLDER LOG_FILE   < options, one `name=value` per line

The contract is that of the fence agents: action=off|on|status, port=<node>; exit 0 is done (for status:
on), 2 is off, 1 is an error reported on stderr. Off is `docker kill`: everything in the node dies at
once, its containers too, without notice. Both are idempotent.

A file CTL_FOLDER/power-<node>.broken makes the switch fail. Each use is a line in LOG_FILE, in which
tests see what was really switched.
"""

import http.client
import json
import os
import socket
import sys
import time


class Outer(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=15)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, target):
        self.request(method, target)
        reply = self.getresponse()
        content = reply.read()
        return reply.status, json.loads(content) if content.startswith(b"{") else {}


def fail(message):
    print(f"lab power: {message}", file=sys.stderr)
    return 1


def switch(socket_path, prefix, ctl, options):
    action, node = options.get("action"), options.get("port", "")
    if action not in ("off", "on", "status") or not node:
        return fail(f"needs action=off|on|status and port=NODE, not {options}")
    if os.path.exists(f"{ctl}/power-{node}.broken"):
        return fail(f"the switch of '{node}' does not answer")
    container = f"/v1.41/containers/{prefix}{node}"
    status, reported = Outer(socket_path).ask("GET", f"{container}/json")
    if status != 200:
        return fail(f"no such outlet '{node}': {reported.get('message', status)}")
    on = reported["State"]["Running"]
    if action == "status":
        return 0 if on else 2
    if on == (action == "on"):
        return 0
    status, reported = Outer(socket_path).ask("POST", f"{container}/{'start' if action == 'on' else 'kill'}")
    if status in (204, 304, 409):  # 409: it was switched off meanwhile.
        return 0
    return fail(f"switching '{node}' {action}: {status} {reported.get('message', '')}")


def main():
    socket_path, prefix, ctl, log = sys.argv[1:5]
    lines = (line.strip() for line in sys.stdin)
    options = dict(line.split("=", 1) for line in lines if "=" in line)
    try:
        code = switch(socket_path, prefix, ctl, options)
    except OSError as broken:
        code = fail(f"the outer engine does not answer: {broken}")
    used = {"t": time.time(), "node": options.get("port"), "action": options.get("action"), "exit": code}
    with open(log, "a") as file:
        file.write(json.dumps(used) + "\n")
    return code


sys.exit(main())
