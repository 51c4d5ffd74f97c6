"""What a process costs, as if it were alone on its machine."""

import shutil
import statistics
import subprocess
import time
from pathlib import Path

# Shared by all processes even on the smallest server.
SYSTEM_LIBRARIES = ("libc.so", "libm.so", "ld-linux", "libpthread", "libdl.so", "librt.so", "libgcc_s", "libresolv")


class Spell:
    """One process over some time: median PSS, and the processor time of all its threads."""

    def __init__(self, pid: int):
        self._pid = pid
        self._begin, self._used = time.monotonic(), self._cpu_s()
        self._pss_kib: list[int] = []

    def sample(self) -> None:
        rollup = Path(f"/proc/{self._pid}/smaps_rollup").read_text()
        self._pss_kib.append(next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")))

    def reported(self) -> dict:
        """To be called while the process runs."""
        used = self._cpu_s() - self._used
        return {"pss_mib": round(statistics.median(self._pss_kib) / 1024, 2),
                "cpu_percent": round(100 * used / (time.monotonic() - self._begin), 3)}

    def _cpu_s(self) -> float:
        """Of the threads that there are, which a program that idles keeps. /proc/PID/stat counts in ticks of 10 ms: a tenth of what idling costs."""
        tasks = Path(f"/proc/{self._pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def private_libraries(program: Path, folder: Path) -> Path:
    """Private copies of the libraries that the program links, except those that all processes share anyway."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout.splitlines():
        found = [word for word in line.split() if word.startswith("/")]
        if found and not any(shared in line for shared in SYSTEM_LIBRARIES):
            shutil.copy(found[0], folder / Path(found[0]).name)
    return folder
