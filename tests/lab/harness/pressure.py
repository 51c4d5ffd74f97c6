"""What a node reads as the kernel's pressure stall information.

The kernel's figures are of the whole machine, which all nodes share with the tests and everybody else. So each
node has files of its own over those of the kernel (part_init.py), which say that nothing waits for anything.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CALM = "".join(f"{tasks} avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" for tasks in ("some", "full"))


def write_calm(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for resource in ("cpu", "memory", "io"):
        (folder / resource).write_text(CALM)


@contextmanager
def measured(node_pid: int, resource: str) -> Iterator[None]:
    """During the block a node (its process 1) has the kernel's own figure. Its agent reads the file that was there when it started."""
    kernels = f"/proc/pressure/{resource}"
    enter = ["nsenter", f"--target={node_pid}", "--mount", "--pid"]
    subprocess.run([*enter, "umount", "--lazy", kernels], check=True)
    try:
        yield
    finally:
        subprocess.run([*enter, "mount", "--bind", f"/lab/pressure/{resource}", kernels], check=True)
