"""./dev clean."""

import argparse
import subprocess

from tools.dev.engine import OwnEngine
from tools.dev.paths import BUILD
from tools.dev.processes import as_root
from tools.dev.terminal import Failure, say
from tools.dev.verbs import Verb


def _clean(_: argparse.Namespace) -> int:
    engine = OwnEngine()
    if not engine.stop_unless_used():
        raise Failure("the engine in build/engine is in use (a lab that is up? ./dev lab down): nothing was removed")
    if BUILD.exists():
        # Images and containers belong to root.
        subprocess.run(as_root(["rm", "-rf", "--one-file-system", BUILD]) if engine.home.exists() else ["rm", "-rf", BUILD], check=True)
    say("build/ is gone")
    return 0


VERBS = [Verb("clean", "Remove build/: binaries, data of ./dev run, the engine's images.", ["./dev clean"], _clean)]
