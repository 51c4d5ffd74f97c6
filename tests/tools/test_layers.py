"""A dependency that points outwards fails at configure: shown with cmake/HearthModule.cmake on a tiny tree."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.dev.paths import ROOT

PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(tiny LANGUAGES CXX)
set(BUILD_TESTING OFF)
include(cmake/HearthModule.cmake)
add_subdirectory(src/base)
add_subdirectory(src/adapters)
add_subdirectory(src/core)
"""


class TinyTree:
    """base, adapters and core, each with one header and one source; a test breaks one thing and configures."""

    def __init__(self, root: Path):
        self.root = root
        (root / "cmake").mkdir()
        shutil.copy(ROOT / "cmake" / "HearthModule.cmake", root / "cmake")
        (root / "CMakeLists.txt").write_text(PROJECT)
        for layer, deps in (("base", ""), ("adapters", "hearth::base"), ("core", "hearth::base")):
            folder = root / "src" / layer
            folder.mkdir(parents=True)
            (folder / "thing.h").write_text("#pragma once\n")
            (folder / "thing.cc").write_text(f'#include "{layer}/thing.h"\n')
            self.module(layer, f"DEPS {deps}")

    def module(self, layer: str, rest: str) -> None:
        text = f"hearth_module({layer} LAYER {layer} SOURCES thing.cc {rest})\n"
        (self.root / "src" / layer / "CMakeLists.txt").write_text(text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)

    def configure(self) -> tuple[bool, str]:
        command = ["cmake", "-S", self.root, "-B", self.root / "build", "-G", "Ninja", "-DCMAKE_CXX_COMPILER_WORKS=ON"]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode == 0, " ".join(done.stdout.split())  # CMake wraps its messages.


@pytest.fixture
def tree(tmp_path: Path) -> TinyTree:
    return TinyTree(tmp_path)


def test_inward_dependencies_configure(tree: TinyTree) -> None:
    tree.write("src/core/thing.cc", '#include "core/thing.h"\n#include "base/thing.h"\n')
    assert tree.configure()[0]


def test_a_wrong_include_fails_and_is_named(tree: TinyTree) -> None:
    tree.write("src/core/thing.h", '#pragma once\n#include "adapters/thing.h"\n')
    configured, said = tree.configure()
    assert not configured
    assert 'src/core/thing.h (layer core) must not include: #include "adapters/thing.h"' in said


@pytest.mark.parametrize("include", ["#include <adapters/thing.h>", '# include  "adapters/thing.h"', '#include "thing.h"'])
def test_no_way_of_writing_the_include_gets_around(tree: TinyTree, include: str) -> None:
    tree.write("src/core/thing.cc", include + "\n")
    assert not tree.configure()[0]


def test_a_wrong_link_fails_and_is_named(tree: TinyTree) -> None:
    tree.module("core", "DEPS hearth::adapters")
    configured, said = tree.configure()
    assert not configured
    assert "core (layer core) must not link hearth::adapters (layer adapters)" in said


@pytest.mark.parametrize("deps", ["PRIVATE_DEPS hearth::adapters", "DEPS hearth_adapters", "TEST_DEPS hearth::adapters"])
def test_no_way_of_naming_the_link_gets_around(tree: TinyTree, deps: str) -> None:
    tree.module("core", deps)
    assert not tree.configure()[0]


def test_an_include_that_goes_wrong_later_fails_the_next_build(tree: TinyTree) -> None:
    assert tree.configure()[0]
    tree.write("src/core/thing.cc", '#include "adapters/thing.h"\n')
    assert subprocess.run(["ninja", "-C", tree.root / "build", "build.ninja"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0
