"""The checkout, its build folder, and a short key of the checkout."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def checkout_key(root: Path = ROOT) -> str:
    """Eight characters that distinguish this checkout from others on the same machine."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:8]
