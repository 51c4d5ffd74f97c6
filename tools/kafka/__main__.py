"""The verbs of `./dev kafka`, for a script or a test that calls this file by its path."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from tools.dev.terminal import Failure, error  # noqa: E402
from tools.kafka.cli import main  # noqa: E402

try:
    sys.exit(main(sys.argv[1:]))
except Failure as failure:
    error(str(failure))
    sys.exit(failure.code)
