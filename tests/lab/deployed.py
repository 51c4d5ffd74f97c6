"""Workloads of workload files: deployed, watched while something happens, and what the manager reports of them."""

import os
import signal
import subprocess
import threading

from tests.lab.harness.waiting import wait_for


def described(folder, text):
    """The application's folder with a workload file."""
    (folder / "hearth.yaml").write_text(text)
    return folder


def must_deploy(lab, folder):
    done = lab.hearth("deploy", str(folder))
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{lab.describe()}"


class Deploying:
    """`hearth deploy` in the background; `done()` once it has exited. Ended with its block."""

    def __init__(self, lab, folder):
        self._command = [str(lab.config.bin_dir / "hearth"), "deploy", str(folder)]
        self._environment = lab.manager.cli_environment()

    def __enter__(self):
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def done(self):
        return self._process.poll() is not None

    def result(self, within):
        said, _ = self._process.communicate(timeout=within)
        return self._process.returncode, said


class Watching:
    """Samples something for as long as its block lasts. What could not be observed is no sample."""

    def __init__(self, observe):
        self._observe = observe
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.samples = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.05):
            self.samples.append(self._observe())


def signal_to(lab, container, number=signal.SIGUSR1):
    """The tests' command to an application."""
    os.kill(lab.container_pid(container), number)


def images_of(lab, seen):
    return {lab.node(each.node).engine.inspect(each.id)["Image"] for each in seen.containers}


def states(lab, name):
    return [each["state"] for each in lab.manager.instances(name)]


def row_names(lab, name, container):
    wait_for(f"the table names container {container.id[:12]}", lambda: lab.manager.service_status(name),
             lambda rows: [(row["status"], row["container_id"]) for row in rows] == [("ACTIVE", container.id)], 10, lab.describe)


def reasons(lab, name):
    return [each["reason"] for each in lab.manager.instances(name)]


def noticed(lab, words=""):
    """What was noticed of instances since mark(), in these words."""
    return [event["message"] for event in lab.events_since_mark("instance.noticed") if words in event["message"]]


def must(lab, *arguments):
    """What `hearth` prints; it succeeds."""
    done = lab.hearth(*arguments)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{lab.describe()}"
    return done.stdout
