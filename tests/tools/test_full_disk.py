"""Output that cannot be written is a reported failure: a script must not take half an answer for a whole one."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.dev import build
from tools.dev.paths import ROOT

# The commands that print without a manager; those that ask a manager print in the same way.
LINES = [
    "hearth --help", "hearth help", "hearth --version", "hearth version", "hearth version -o json", "hearth deploy --help", "hearth node --help",
    "hearth completion bash", "hearth completion zsh", "hearth completion fish", "hearth man-page hearthd", "hearth config check FILE",
    "hearthd --help", "hearthd --version", "hearth-agent --help", "hearth-agent --version",
    "hearth-sim --help", "hearth-sim --version", "hearth-sim --scenario partition", "hearth-sim --hashes",
]


@pytest.mark.parametrize("line", LINES)
def test_a_full_disk_is_reported_and_exits_1(line: str, tmp_path: Path) -> None:
    (tmp_path / "FILE").write_text("{}")
    program, *words = line.split()
    done = into_a_full_disk([build.program(program), *words], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{program}: the answer could not be written") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["help"], ["build", "--help"], ["kafka", "--help"], ["lab", "up", "--help"]])
def test_dev_reports_it_too(words: list[str], tmp_path: Path) -> None:
    done = into_a_full_disk([ROOT / "dev", *words], tmp_path)
    assert done.returncode == 1
    assert done.stderr == "./dev: standard output cannot be written: No space left on device\n"


class Manager(BaseHTTPRequestHandler):
    """A manager with one event, and one line in the log of one of two instances; then all streams are silent."""

    over = threading.Event()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if self.headers["Accept"] == "text/event-stream" or path.endswith("/logs"):
            first = {"/v1/events": "id: 1\ndata: of a newer manager\n\n", "/v1/instances/app-1/logs": "a line\n"}
            self.answer(first.get(path, ""))
            self.over.wait(60)
        elif path == "/v1/instances":
            self.answer(json.dumps({"next": None, "items": [
                {"id": name, "workload": "app", "generation": 1, "node": "node-1", "address": "10.0.0.1", "desired_state": "run", "state": "running",
                 "container": name, "restarts": 0, "last_exit": None, "reason": "", "replaces": None, "changed_at": "2026-03-01T09:14:00.000Z"}
                for name in ("app-1", "app-2")]}))
        else:
            self.answer(json.dumps({"last_event_seq": 0, "version": "", "items": [], "next": None}))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def manager() -> Iterator[str]:
    Manager.over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Manager) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Manager.over.set()
        server.shutdown()
        thread.join()


# Goal: a command that follows into a full disk ends, even while its other streams are silent.
@pytest.mark.parametrize("line", ["events -f", "logs app -f", "logs app-1 -f"])
def test_following_ends_once_nothing_can_be_written(line: str, manager: str, tmp_path: Path) -> None:
    done = into_a_full_disk([build.program("hearth"), *line.split(), "--manager", manager], tmp_path)
    assert done.returncode == 1
    assert done.stderr == "hearth: the answer could not be written: is the disk full?\n"


def into_a_full_disk(command: list[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    with open("/dev/full", "w") as full:
        return subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=folder, timeout=30)
