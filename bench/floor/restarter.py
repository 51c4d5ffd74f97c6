"""The least that a restart costs: a bare client that sees a container die and starts another like it."""

import threading
from contextlib import contextmanager

from tests.lab.harness.docker_api import Engine, EngineUnreachable


@contextmanager
def bare_restarter(engine: Engine, container: str, spec: dict):
    """Inside the `with`: as soon as the engine reports that `container` died, creates and starts one of `spec`.

    Listens before the `with` is entered, holds one open event stream as any client does, and decides nothing.
    """
    listening, made, trouble = threading.Event(), [], []

    def listen() -> None:
        try:
            filters = {"type": ["container"], "event": ["die"], "container": [container]}
            for _ in engine.stream("GET", "/events", timeout_s=30, on_open=listening.set, filters=filters):
                made.append(engine.create(None, spec))
                engine.start(made[0])
                return
        except EngineUnreachable as broken:
            trouble.append(broken)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    if not listening.wait(10):
        raise AssertionError(f"no event stream: {trouble}")
    try:
        yield made
    finally:
        thread.join(10)
        for each in made:
            engine.remove(each)
