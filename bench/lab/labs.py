"""The labs of the benchmarks."""

import os
import shutil
from pathlib import Path

from bench.lab.processes import private_libraries
from tests.lab.harness.lab import Lab, LabConfig
from tests.lab.harness.names import Owner
from tools.dev.paths import BUILD


class BenchLab:
    """A lab for the length of a block; what is left of one that failed is in build/reports/bench."""

    def __init__(self, config: LabConfig):
        self._name, self._config = f"bench-{os.getpid()}", config

    def __enter__(self) -> Lab:
        self._up = Lab.up(self._name, self._config, owner=Owner.this_process())
        return self._up

    def __exit__(self, kind, *_: object) -> None:
        if kind and issubclass(kind, AssertionError):
            self._up.save_artifacts(BUILD / "reports" / "bench")
        self._up.down()


def alone(bin_dir: Path, folder: Path) -> LabConfig:
    """A lab of one node whose agent has private copies, in `folder`, of the libraries it links: in the lab others would map the same pages."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(bin_dir, folder, ignore=lambda _, names: [name for name in names if not name.startswith("hearth") or "test" in name])
    private_libraries(folder / "hearth-agent", folder / "lib")
    return LabConfig(nodes=1, bin_dir=folder, power=False, agent_environment={"LD_LIBRARY_PATH": "/opt/hearth/bin/lib"})
