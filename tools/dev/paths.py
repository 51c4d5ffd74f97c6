"""Where things are: the checkout, its build folder, and short names for sockets inside it."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def checkout_key(root: Path = ROOT) -> str:
    """Eight characters that tell this checkout from another one on the same machine."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:8]
