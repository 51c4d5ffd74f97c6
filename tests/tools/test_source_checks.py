"""The tree keeps the rules of tools/dev/source_checks.py, and every rule can fail."""

from pathlib import Path

import pytest

from tools.dev import source_checks
from tools.dev.paths import ROOT

# For each rule: a file that breaks it, and the line at fault.
BAD = {
    "clock": [("src/core/a.cc", "auto t = std::chrono::steady_clock::now();", 1),
              ("src/model/a.cc", "\nauto t = std::time(nullptr);", 2),
              ("src/base/a.cc", "gettimeofday(&tv, nullptr);", 1),
              ("src/sim/a.cc", "clock_gettime(CLOCK_MONOTONIC, &ts);", 1)],
    "thread": [("src/core/a.h", "#pragma once\n#include <mutex>", 2), ("src/model/a.cc", "std::jthread worker(run);", 1),
               ("src/base/a.cc", "std::atomic<int> count;", 1), ("src/core/a.cc", "std::this_thread::sleep_for(x);", 1)],
    "socket": [("src/ports/a.h", "#pragma once\n#include <boost/asio/io_context.hpp>", 2), ("src/core/a.cc", "#include <sys/socket.h>", 1)],
    "shell-asio": [("src/shell/manager/a.h", "#pragma once\nnamespace boost::asio {\nclass io_context;\n}", 2),
                   ("src/shell/agent/a.cc", "#include <boost/asio/io_context.hpp>", 1),
                   ("src/shell/agent/a_test.cc", "boost::asio::io_context loop;", 1)],
    "logging": [("src/core/a.cc", "#include <spdlog/spdlog.h>", 1), ("src/core/a.cc", "std::cerr << 1;", 1), ("src/base/a.cc", "printf(text);", 1)],
    "database": [("src/core/a.cc", "#include <sqlite3.h>", 1)],
    "random": [("src/core/a.cc", "std::random_device seed;", 1), ("src/base/a.cc", "int x = rand();", 1)],
    "order": [("src/core/a.cc", "std::unordered_map<int, int> nodes;", 1)],
    "catch-all": [("src/adapters/kafka/a.cc", "try { f(); } catch (...) {}", 1)],
    "switch-default": [("src/core/a.cc", "switch (x) {\n  case A: break;\n  default: break;\n}", 3)],
    "co_await": [("src/shell/a.cc", "co_await read();", 1)],
    "regex": [("src/adapters/a.cc", "std::regex pattern;", 1)],
    "pragma-once": [("src/core/a.h", "int f();", 1)],
    "length": [("src/core/a.cc", "int x;\n" * 601, 601)],
    "marker": [("tools/a.py", "# TO" "DO: later", 1), ("README.md", "fine\nFIX" "ME", 2)],
    "home-path": [("tools/a.sh", "cd /home" "/somebody/hearth", 1)],
    "vocabulary": [("src/core/a.cc", "// The wish of a node.", 1), ("src/model/a.h", "#pragma once\nstruct WishNumber {};", 2),
                   ("src/a_test.cc", "TEST(Agent, IsToldOnce) {}", 1), ("src/sim/a.h", "#pragma once\nint new_life_count;", 2),
                   ("docs/a.md", "It is heard again.", 1), ("src/wire/a.cc", "return \"a person must look at it\";", 1),
                   ("README.md", "It keeps two copies of it.", 1), ("src/wire/a.cc", "\"a key stands twice\"", 1),
                   ("src/model/a.cc", "enum class InstanceDesire;", 1), ("src/core/a.cc", "struct EngineLost {};", 1),
                   ("src/shell/a.cc", "void AgentShell::act(const Action& action) {", 1)],
    "vague-name": [("src/utils/a.cc", "int x;", 1), ("tools/helpers.py", "x = 1", 1), ("src/common/a.h", "#pragma once", 1)],
}

FINE = {
    "src/core/a.cc": "// steady_clock::now() is the shell's; TODAY is not a marker\nauto text = \"std::mutex catch (...)\";\nauto t = f.time();\nint million = 1'000'000;\n",
    "src/adapters/a.cc": "#include <mutex>\nauto t = std::chrono::steady_clock::now();\nswitch (c) { default: break; }\n",
    "src/core/b.cc": "Foo(const Foo&) = default;\nauto x = config.default_value;\nraw = R\"(printf(x) std::mutex)\";\n",
    "src/base/check.cc": "fprintf(stderr, x);  // source check: allow logging, the last words before abort\n",
    "src/core/empty.cc": "",
    "src/sim/words.cc": "// A sign of life; a lifetime, a copy of the state, untoldable. std::visit(f, x); on_sign_of_life();\n",
    "src/adapters/docker/a.cc": "// The engine does not answer.\n",
    "CHANGELOG.md": "`desired_state` was `desire`.\n",
}


def found_in(root: Path, files: dict[str, str]) -> list[source_checks.Finding]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return source_checks.find(root)


def test_the_tree_keeps_the_rules() -> None:
    assert [str(finding) for finding in source_checks.find(ROOT)] == []


@pytest.mark.parametrize("rule, path, text, line", [(rule, *sample) for rule, samples in BAD.items() for sample in samples])
def test_a_rule_can_fail(tmp_path: Path, rule: str, path: str, text: str, line: int) -> None:
    findings = found_in(tmp_path, {path: text})
    assert (path, line, rule) in [(finding.path, finding.line, finding.rule) for finding in findings]


def test_every_rule_has_a_sample_that_breaks_it() -> None:
    assert {rule.name for rule in source_checks.RULES} == {*BAD, "heavy-header", "folder-length", "folder-cycle"}


def test_correct_files_have_no_findings(tmp_path: Path) -> None:
    assert found_in(tmp_path, FINE) == []


def test_a_finding_names_the_place_the_fault_and_what_would_be_right(tmp_path: Path) -> None:
    (finding,) = found_in(tmp_path, {"src/core/a.cc": "\nstd::set<int> a;\nstd::unordered_set<int> b;"})
    assert str(finding).startswith("src/core/a.cc:3: [order] 'unordered_set'; instead: std::map")


def test_an_allowance_needs_its_reason(tmp_path: Path) -> None:
    assert found_in(tmp_path, {"src/base/a.cc": "fprintf(stderr, x);  // source check: allow logging\n"})


def test_a_heavy_header_within_its_own_folder_is_allowed(tmp_path: Path) -> None:
    assert found_in(tmp_path, {"src/adapters/http/a.h": "#pragma once\n#include <boost/beast.hpp>\n",
                               "src/adapters/http/a.cc": '#include "adapters/http/a.h"\n'}) == []


def test_a_heavy_header_is_allowed_if_its_name_says_so(tmp_path: Path) -> None:
    assert found_in(tmp_path, {"src/adapters/http/a_asio.h": "#pragma once\n#include <boost/asio.hpp>\n",
                               "src/adapters/docker/a.cc": '#include "adapters/http/a_asio.h"\n'}) == []


def test_a_header_for_other_folders_must_not_be_heavy_even_indirectly(tmp_path: Path) -> None:
    findings = found_in(tmp_path, {
        "src/adapters/http/a.h": "#pragma once\n#include <boost/beast.hpp>\n",
        "src/adapters/http/b.h": '#pragma once\n#include "adapters/http/a.h"\n',
        "src/app/main.cc": '#include "adapters/http/b.h"\n'})
    assert [(finding.path, finding.line, finding.rule) for finding in findings] == [("src/adapters/http/b.h", 2, "heavy-header")]


def test_a_folder_of_the_core_that_is_too_long_is_reported_once(tmp_path: Path) -> None:
    files = {"src/core/a/one.cc": "int x;\n" * 400, "src/core/a/two.cc": "int x;\n" * 300}
    assert found_in(tmp_path, files) == []
    files |= {"src/core/a/two_test.cc": "int x;\n" * 500, "src/core/a/a_scene.h": "#pragma once\n" * 300, "src/core/b/one.cc": "int x;\n"}
    assert found_in(tmp_path, files) == [], "tests, scenes and other folders do not count"
    (finding,) = found_in(tmp_path, {"src/core/a/three.cc": "int x;\n"})
    assert (finding.path, finding.rule) == ("src/core/a/one.cc", "folder-length")
    assert "701 lines in src/core/a (at most 700" in finding.what


def test_folders_of_the_core_must_not_include_each_other(tmp_path: Path) -> None:
    findings = found_in(tmp_path, {
        "src/core/a/a.h": '#pragma once\n#include "core/b/b.h"\n', "src/core/b/b.h": '#pragma once\n#include "core/a/c.h"\n',
        "src/core/a/c.h": "#pragma once\n"})
    assert [(finding.path, finding.line, finding.rule) for finding in findings] == [
        ("src/core/a/a.h", 2, "folder-cycle"), ("src/core/b/b.h", 2, "folder-cycle")]


def test_folders_of_the_core_must_not_include_each_other_indirectly_but_a_test_may(tmp_path: Path) -> None:
    files = {"src/core/a/a.h": '#pragma once\n#include "core/a/d.h"\n#include "core/b/b.h"\n', "src/core/a/d.h": "#pragma once\n",
             "src/core/b/b.h": '#pragma once\n#include "core/c/c.h"\n', "src/core/c/c.h": "#pragma once\n",
             "src/core/c/c_test.cc": '#include "core/a/a.h"\n'}
    assert found_in(tmp_path, files) == []
    findings = found_in(tmp_path, {"src/core/c/c.h": '#pragma once\n#include "core/a/d.h"\n'})
    assert {(finding.path, finding.line) for finding in findings if finding.rule == "folder-cycle"} == {
        ("src/core/a/a.h", 3), ("src/core/b/b.h", 2), ("src/core/c/c.h", 2)}
