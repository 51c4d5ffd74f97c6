"""A dependency that points outwards fails at configure time: cmake/HearthModule.cmake on a tiny tree."""

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
if(EXISTS ${PROJECT_SOURCE_DIR}/src/testing/CMakeLists.txt)
  add_subdirectory(src/testing)
endif()
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

    def module(self, layer: str, rest: str, also: str = "", declared: str = "") -> None:
        text = f"hearth_module({layer} LAYER {declared or layer} SOURCES thing.cc {rest})\n{also}\n"
        (self.root / "src" / layer / "CMakeLists.txt").write_text(text)

    def shared_by_tests(self, deps: str = "") -> None:
        """The layer of code shared by tests, added last, as in the real tree."""
        for name in ("thing.h", "fake_thing.h"):
            self.write(f"src/testing/{name}", "#pragma once\n")
        self.write("src/testing/thing.cc", '#include "testing/thing.h"\n#include "testing/fake_thing.h"\n')
        self.module("testing", f"DEPS {deps}")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
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
    configured, said = tree.configure()
    assert configured, said


def test_a_wrong_include_fails_and_is_named(tree: TinyTree) -> None:
    tree.write("src/core/thing.h", '#pragma once\n#include "adapters/thing.h"\n')
    configured, said = tree.configure()
    assert not configured
    assert 'src/core/thing.h (layer core) must not include: #include "adapters/thing.h"' in said


INCLUDES = ["#include <adapters/thing.h>", '# include  "adapters/thing.h"', '#include "thing.h"', '#include "core/../adapters/thing.h"',
            "#include <core/../adapters/thing.h>", '#include "../adapters/thing.h"', '#include "./../adapters/thing.h"',
            '#include "core//../adapters/thing.h"', '#include "/src/adapters/thing.h"', "#include THING",
            '/**/#include "adapters/thing.h"', '#/**/include "adapters/thing.h"', '#include/**/"adapters/thing.h"',
            '%:include "adapters/thing.h"', '#import "adapters/thing.h"', '#include_next "adapters/thing.h"']


@pytest.mark.parametrize("include", INCLUDES)
def test_no_spelling_of_an_include_escapes_the_check(tree: TinyTree, include: str) -> None:
    tree.write("src/core/thing.cc", include + "\n")
    assert not tree.configure()[0]


@pytest.mark.parametrize("path", ["thing.cpp", "thing.cxx", "thing.C", "thing.c", "thing.hpp", "thing.hh", "thing.inc", "thing.inl"])
def test_no_other_file_suffix_escapes_the_check(tree: TinyTree, path: str) -> None:
    tree.write(f"src/core/{path}", '#include "adapters/thing.h"\n')
    assert "ends in .h or .cc" in tree.configure()[1]


def test_a_folder_without_a_module_does_not_escape_the_check(tree: TinyTree) -> None:
    tree.write("src/core/loose/thing.h", '#pragma once\n#include "adapters/thing.h"\n')
    assert not tree.configure()[0]


def test_allowed_includes_pass(tree: TinyTree) -> None:
    tree.write("src/core/deep/part_2.h", "#pragma once\n")
    tree.write("src/core/thing.cc", '#include "core/thing.h"\n#include <cstdio>\n#include <sys/stat.h>\n'
               '#include <boost/a-b/c++.hpp>  // why\n#include "core/deep/part_2.h"  // why\n// includes nothing else\n')
    tree.write("src/core/README.md", "fine")
    configured, said = tree.configure()
    assert configured, said


def test_a_layer_is_what_the_folder_says(tree: TinyTree) -> None:
    tree.module("core", "DEPS hearth::adapters", declared="app")
    configured, said = tree.configure()
    assert not configured
    assert "core declares layer 'app', but its folder belongs to layer 'core'" in said


def test_a_program_is_of_the_layer_app(tree: TinyTree) -> None:
    tree.module("core", "", also="hearth_executable(tool SOURCES thing.cc)")
    assert not tree.configure()[0]


def test_a_wrong_link_fails_and_is_named(tree: TinyTree) -> None:
    tree.module("core", "DEPS hearth::adapters")
    configured, said = tree.configure()
    assert not configured
    assert "core (layer core) must not link hearth::adapters (layer adapters)" in said


@pytest.mark.parametrize("deps", ["PRIVATE_DEPS hearth::adapters", "DEPS hearth_adapters", "TEST_DEPS hearth::adapters"])
def test_no_spelling_of_a_link_escapes_the_check(tree: TinyTree, deps: str) -> None:
    tree.module("core", deps)
    assert not tree.configure()[0]


BY_HAND = ["target_link_libraries(hearth_core PUBLIC hearth::adapters)",
           "target_link_libraries(hearth_core PRIVATE hearth_adapters)",
           "target_link_libraries(hearth_core INTERFACE hearth_adapters)",
           "target_link_libraries(hearth_core PRIVATE $<LINK_ONLY:hearth::adapters>)",
           "target_link_libraries(hearth_core PRIVATE $<$<BOOL:1>:hearth_adapters>)",
           "set_property(TARGET hearth_core APPEND PROPERTY LINK_LIBRARIES hearth_adapters)",
           "add_library(bridge INTERFACE)\ntarget_link_libraries(bridge INTERFACE hearth_adapters)\n"
           "target_link_libraries(hearth_core PRIVATE bridge)",
           "add_library(second STATIC thing.cc)\ntarget_link_libraries(second PRIVATE hearth_adapters)",
           "add_executable(tool thing.cc)\ntarget_link_libraries(tool PRIVATE hearth_adapters)",
           "target_link_libraries(hearth_core PRIVATE ${CMAKE_BINARY_DIR}/libhearth_adapters.a)"]


@pytest.mark.parametrize("by_hand", BY_HAND)
def test_a_manual_link_is_found(tree: TinyTree, by_hand: str) -> None:
    tree.module("core", "DEPS hearth::base", also=by_hand)
    configured, said = tree.configure()
    assert not configured
    assert "must not link hearth_adapters (layer adapters)" in said or "which is not a target" in said


@pytest.mark.parametrize("where", ["root", "outside src"])
def test_a_manual_link_from_elsewhere_is_found(tree: TinyTree, where: str) -> None:
    link = "target_link_libraries(hearth_core PRIVATE bridge)\nadd_library(bridge INTERFACE)\ntarget_link_libraries(bridge INTERFACE hearth_adapters)\n"
    tree.write("CMakeLists.txt", PROJECT + (link if where == "root" else "add_subdirectory(extra)\n"))
    tree.write("extra/CMakeLists.txt", link)
    assert "hearth_core (layer core) must not link hearth_adapters (layer adapters)" in tree.configure()[1]


def test_an_allowed_manual_link_passes(tree: TinyTree) -> None:
    tree.module("core", "", also="target_link_libraries(hearth_core PRIVATE hearth::base m)")
    configured, said = tree.configure()
    assert configured, said


@pytest.mark.parametrize("source", ["../adapters/thing.cc", "${PROJECT_SOURCE_DIR}/src/adapters/thing.cc", "thing.h"])
def test_sources_are_of_the_modules_own_folder(tree: TinyTree, source: str) -> None:
    tree.module("core", "", also=f"target_sources(hearth_core PRIVATE {source})")
    assert "its sources must be .cc files of its own folder" in tree.configure()[1]


@pytest.mark.parametrize("name", ["thing_test.cc", "deep/thing_scene.h", "thing_fixture.h", "fake_thing.h"])
def test_code_of_tests_can_include_code_shared_by_tests(tree: TinyTree, name: str) -> None:
    tree.shared_by_tests()
    tree.write(f"src/core/{name}", '#include "testing/thing.h"\n#include "core/thing.h"\n')
    configured, said = tree.configure()
    assert configured, said


@pytest.mark.parametrize("layer", ["base", "adapters", "core"])
@pytest.mark.parametrize("name", ["thing.cc", "thing.h", "test.h", "unfake_thing.h", "thing_test_data.h", "thing_test.h/thing.h"])
def test_product_code_must_not_include_code_shared_by_tests(tree: TinyTree, layer: str, name: str) -> None:
    tree.shared_by_tests()
    tree.write(f"src/{layer}/{name}", '#include "testing/thing.h"\n')
    configured, said = tree.configure()
    assert not configured
    assert f'(layer {layer}) must not include: #include "testing/thing.h"' in said


@pytest.mark.parametrize("header", ["core/thing_fixture.h", "core/deep/thing_scene.h", "core/fake_thing.h", "core/thing_test.h"])
def test_product_code_must_not_include_it_through_code_of_tests(tree: TinyTree, header: str) -> None:
    tree.shared_by_tests()
    tree.write(f"src/{header}", '#pragma once\n#include "testing/thing.h"\n')
    tree.write("src/core/thing.cc", f'#include "{header}"  // why\n')
    configured, said = tree.configure()
    assert not configured
    assert "only tests can include code of tests" in said


def test_code_of_tests_is_no_source_of_a_product(tree: TinyTree) -> None:
    tree.shared_by_tests()
    tree.write("src/core/thing_test.cc", '#include "testing/thing.h"\n')
    tree.module("core", "", also="target_sources(hearth_core PRIVATE thing_test.cc)")
    assert "'thing_test.cc' is code of tests by its name" in tree.configure()[1]


@pytest.mark.parametrize("deps", ["DEPS hearth::testing", "PRIVATE_DEPS hearth_testing"])
def test_a_product_must_not_name_code_shared_by_tests(tree: TinyTree, deps: str) -> None:
    tree.shared_by_tests()
    tree.module("core", deps)
    assert not tree.configure()[0]


@pytest.mark.parametrize("by_hand", [one.replace("adapters", "testing") for one in BY_HAND])
def test_a_product_must_not_link_code_shared_by_tests_manually(tree: TinyTree, by_hand: str) -> None:
    tree.shared_by_tests()
    tree.module("core", "DEPS hearth::base", also=by_hand)
    configured, said = tree.configure()
    assert not configured
    assert "must not link hearth_testing (layer testing)" in said or "which is not a target" in said


def test_tests_can_link_code_shared_by_tests_and_otherwise_only_what_their_layer_can(tree: TinyTree) -> None:
    tree.shared_by_tests("hearth::adapters")
    tree.module("core", "TEST_DEPS hearth::testing")
    configured, said = tree.configure()
    assert configured, said
    of_a_test = "add_executable(hearth_core_test thing.cc)\nset_target_properties(hearth_core_test PROPERTIES HEARTH_TEST TRUE)\n"
    tree.module("core", "", also=of_a_test + "target_link_libraries(hearth_core_test PRIVATE hearth_testing)")
    configured, said = tree.configure()
    assert configured, said
    tree.module("core", "", also=of_a_test + "target_link_libraries(hearth_core_test PRIVATE hearth_adapters)")
    assert "hearth_core_test (layer core) must not link hearth_adapters (layer adapters)" in tree.configure()[1]


def test_code_shared_by_tests_must_not_see_the_core(tree: TinyTree) -> None:
    tree.shared_by_tests("hearth::core")
    assert "testing (layer testing) must not link hearth::core (layer core)" in tree.configure()[1]


def test_a_wrong_include_added_later_fails_the_next_build(tree: TinyTree) -> None:
    configured, said = tree.configure()
    assert configured, said
    tree.write("src/core/thing.cc", '#include "adapters/thing.h"\n')
    assert subprocess.run(["ninja", "-C", tree.root / "build", "build.ninja"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0
