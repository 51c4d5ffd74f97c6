"""Source rules that a compiler does not check. Each is one entry of RULES; tests show that each can fail.

A line that must break a rule says so, on the same line or the line above, with the reason:
    // source check: allow logging, these are the last words before abort

To add a rule: an entry below, and a sample that breaks it in tests/tools/test_source_checks.py.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.dev import vocabulary

LINES_MAX = 600
FOLDER_LINES_MAX = 700
BELOW_THE_SHELL = ("src/base", "src/model", "src/core", "src/ports", "src/wire", "src/saved", "src/sim")
DECIDING = ("src/base", "src/model", "src/core", "src/sim")
CPP = (".h", ".cc")
CODE = (*CPP, ".py", ".sh", ".cmake", ".txt", ".sql")
TEXT = (*CODE, ".md", ".json", ".yaml", ".yml", ".toml", ".ini", ".properties", ".xml", "")
HEAVY_HEADER = re.compile(r'#include <(boost/(asio|beast)(/|\.hpp)|librdkafka/)')
HEAVY_BY_NAME = ("_asio.h", "_beast.h", "_rdkafka.h")
VAGUE_NAME = re.compile(r"(utils?|commons?|helpers?|misc)", re.IGNORECASE)
_PASSED_OVER = {"build", "__pycache__", "node_modules", "target", "libs"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str
    right: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.what}; instead: {self.right}"


@dataclass
class SourceFile:
    path: str  # Relative to the root, with slashes.
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code_lines(self) -> list[str]:
        """The lines without comments and without the content of string literals."""
        return blank_comments_and_strings(self.text).splitlines()

    @cached_property
    def includes(self) -> list[tuple[int, str]]:
        """The files of this tree that it includes, with line numbers."""
        return [(number, "src/" + found.group(1)) for number, line in enumerate(self.lines, 1) if (found := _INCLUDE.match(line))]

    @cached_property
    def heavy_lines(self) -> list[int]:
        return [number for number, line in enumerate(self.lines, 1) if HEAVY_HEADER.match(line)]

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    def within(self, folders: tuple[str, ...]) -> bool:
        return any(self.path.startswith(folder + "/") for folder in folders)

    def allows(self, line: int, rule: str) -> bool:
        return any(re.search(rf"source check: allow {rule}\b.*\w{{3}}", text) for text in self.lines[max(0, line - 2):line])


_TOKENS = re.compile(
    r'(?P<raw>R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<character>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)", re.DOTALL)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def blank_comments_and_strings(text: str) -> str:
    """C++ with the inside of comments and literals blanked; every line keeps its number."""
    def blank(match: re.Match[str]) -> str:
        kept = '""' if match.lastgroup != "comment" else ""
        return kept + "\n" * match.group().count("\n")
    return _TOKENS.sub(blank, text)


Found = Iterator[tuple[int, str]]
Tree = dict[str, SourceFile]


@dataclass(frozen=True)
class Rule:
    """`look` yields (line, what is wrong) for a file; `right` says what to write instead."""

    name: str
    right: str
    look: Callable[[SourceFile, Tree], Found]
    folders: tuple[str, ...] = ()  # Empty: everywhere.
    suffixes: tuple[str, ...] = CPP
    binds_tests: bool = True

    def applies_to(self, file: SourceFile) -> bool:
        if file.path.endswith("_test.cc") and not self.binds_tests:
            return False
        return os.path.splitext(file.path)[1] in self.suffixes and (not self.folders or file.within(self.folders))


def in_code(pattern: str) -> Callable[[SourceFile, Tree], Found]:
    """Searches code, not comments or strings (an #include with angle brackets counts as code)."""
    return _matching(pattern, lambda file: file.code_lines)


def in_text(pattern: str) -> Callable[[SourceFile, Tree], Found]:
    return _matching(pattern, lambda file: file.lines)


def _matching(pattern: str, lines_of: Callable[[SourceFile], list[str]]) -> Callable[[SourceFile, Tree], Found]:
    compiled = re.compile(pattern)

    def look(file: SourceFile, _: Tree) -> Found:
        for number, line in enumerate(lines_of(file), 1):
            if match := compiled.search(line):
                yield number, f"'{match.group().strip()}'"
    return look


def _pragma_once(file: SourceFile, _: Tree) -> Found:
    if file.path.endswith(".h") and not any(line.strip() == "#pragma once" for line in file.lines):
        yield 1, "no '#pragma once'"


def _too_long(file: SourceFile, _: Tree) -> Found:
    if len(file.lines) > LINES_MAX:
        yield LINES_MAX + 1, f"{len(file.lines)} lines (at most {LINES_MAX})"


def _is_code_of_tests(path: str) -> bool:
    return bool(re.search(r"(^|/)fake_\w+\.(h|cc)$|_(test|scene|fixture)\.(h|cc)$", path))


def _core(tree: Tree) -> list[SourceFile]:
    """The product's files below src/core."""
    return [file for path, file in tree.items()
            if path.startswith("src/core/") and path.endswith(CPP) and not _is_code_of_tests(path)]


def _folder_too_long(file: SourceFile, tree: Tree) -> Found:
    """Reported once per folder, at its first file."""
    together = sorted((other for other in _core(tree) if other.folder == file.folder), key=lambda other: other.path)
    lines = sum(len(other.lines) for other in together)
    if lines > FOLDER_LINES_MAX and file is together[0]:
        yield 1, f"{lines} lines in {file.folder} (at most {FOLDER_LINES_MAX}, tests and scenes not counted)"


def _folder_cycle(file: SourceFile, tree: Tree) -> Found:
    """An include of a folder that includes this one, directly or through others."""
    if _is_code_of_tests(file.path):
        return
    graph: dict[str, set[str]] = {}
    for other in _core(tree):
        graph.setdefault(other.folder, set()).update(os.path.dirname(included) for _, included in other.includes)
    for number, included in file.includes:
        folder = os.path.dirname(included)
        if folder != file.folder and file.folder in _reached(folder, graph):
            yield number, f"'{file.lines[number - 1]}', and {folder} includes {file.folder} in turn"


def _reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    reached, todo = {start}, [start]
    while todo:
        fresh = graph.get(todo.pop(), set()) - reached
        reached |= fresh
        todo += fresh
    return reached


def _refused_word(file: SourceFile, _: Tree) -> Found:
    for line, word, meant in vocabulary.findings(file.path, file.lines):
        yield line, f"'{word}', which is here: {meant}"


def _vague_name(file: SourceFile, _: Tree) -> Found:
    for part in file.path.split("/"):
        if VAGUE_NAME.fullmatch(part.split(".")[0]):
            yield 1, f"'{part}' names no concept"


def _heavy_in_shared_header(file: SourceFile, tree: Tree) -> Found:
    """A header is as heavy as what it includes. It may be heavy if only its own folder includes it, or if its name says so."""
    if file.path.endswith(HEAVY_BY_NAME) or not _included_from_elsewhere(file, tree):
        return
    for number in file.heavy_lines:
        yield number, f"'{file.lines[number - 1]}' in a header that other folders include"
    for number, included in file.includes:
        if _weighs(included, tree, {file.path}):
            yield number, f"'{file.lines[number - 1]}' brings Asio, Beast or librdkafka into a header that other folders include"


def _included_from_elsewhere(header: SourceFile, tree: Tree) -> bool:
    return any(included == header.path for file in tree.values() if file.folder != header.folder for _, included in file.includes)


def _weighs(path: str, tree: Tree, seen: set[str]) -> bool:
    if path in seen or path not in tree:
        return False
    seen.add(path)
    return bool(tree[path].heavy_lines) or any(_weighs(included, tree, seen) for _, included in tree[path].includes)


RULES = [
    Rule("clock", "take `now` as an argument; only the shell's Clock port reads clocks",
         in_code(r"_clock::now\s*\(|\bClock::now\s*\(|(?<![\w.>])(std::|::)?time\s*\(\s*(nullptr|NULL|0|&\w+)\s*\)"
                 r"|\b(clock_gettime|gettimeofday|timespec_get|localtime(_r)?)\b"), BELOW_THE_SHELL),
    Rule("thread", "stay on the caller's strand; threads and locks belong to shells and adapters",
         in_code(r"\bstd::(j?thread|\w*mutex|\w*lock|lock_guard|condition_variable\w*|atomic\w*|async|future|promise|this_thread)\b"
                 r"|\bpthread_\w+|\bthread_local\b|\b(u|nano)?sleep\s*\("
                 r"|#include <(thread|mutex|shared_mutex|condition_variable|future|atomic|semaphore|latch|barrier|stop_token)>"),
         BELOW_THE_SHELL),
    Rule("socket", "a function of a port, implemented by an adapter",
         in_code(r"#include <(sys/socket|sys/un|netdb|poll\.h|sys/epoll|boost/asio|boost/beast)|(?<!\w)::(socket|connect|accept|recv|send)\s*\("),
         BELOW_THE_SHELL),
    Rule("shell-asio", "the Loop port: its tasks, timers and workers, so that a shell also runs on simulated time",
         in_code(r"#include <boost/(asio|beast)\b|\bboost::(asio|beast)\b|\basio::"), ("src/shell",)),
    Rule("logging", "return what happened as a value; the shell logs it",
         in_code(r"#include <(spdlog/|iostream|syslog)|\bstd::(cout|cerr|clog)\b|\bspdlog::|\b(f|v)?printf\s*\(|\b(fputs|puts)\s*\("),
         BELOW_THE_SHELL),
    Rule("database", "the Store port", in_code(r"#include <(sqlite3|pqxx|libpq)|\bsqlite3_\w+"), BELOW_THE_SHELL),
    Rule("random", "the Prng passed in, whose seed makes a run replayable",
         in_code(r"\bstd::(random_device|mt19937\w*|shuffle|default_random_engine|\w+_distribution)\b|(?<![\w.:>])s?rand\s*\(|#include <random>"),
         BELOW_THE_SHELL),
    Rule("order", "std::map, std::set or a sorted vector: decisions must not depend on a hash",
         in_code(r"\bunordered_(multi)?(map|set)\b"), ("src/core", "src/sim")),
    Rule("catch-all", "catch the specific exceptions, once, in the adapter that meets them", in_code(r"\bcatch\s*\(\s*\.\.\.\s*\)"), ("src",)),
    Rule("switch-default", "name every enumerator, so that the compiler finds the switches that a new one must be added to",
         in_code(r"\bdefault\s*:"), DECIDING, binds_tests=False),
    Rule("co_await", "a stackful coroutine or a handler: g++ 12 destroys some temporaries of a co_await expression twice",
         in_code(r"\bco_await\b"), ("src",)),
    Rule("regex", "RE2: std::regex is slow and overflows the stack on outside input", in_code(r"\bstd::w?regex\b|#include <regex>"), ("src",)),
    Rule("heavy-header", "a forward declaration, a private header of the folder, or a name that says so (thing_asio.h)", _heavy_in_shared_header, ("src",), (".h",)),
    Rule("pragma-once", "'#pragma once' before the first declaration", _pragma_once, suffixes=(".h",)),
    Rule("length", "two files with one concept each", _too_long, ("src", "tests", "tools", "bench", "examples"), CODE),
    Rule("folder-length", "two folders with one part each", _folder_too_long, ("src/core",)),
    Rule("folder-cycle", "a folder for what both need, or a value that one passes to the other", _folder_cycle, ("src/core",)),
    Rule("marker", "do it, or open an issue: the tree describes what is", in_text(r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b"), suffixes=TEXT),
    Rule("home-path", "a path relative to the checkout, or one from the environment",
         in_text(r"(?<![\w$}.])(/home/\w+|/Users/\w+|/root/\w+)"), suffixes=TEXT),
    Rule("vocabulary", "the glossary's word (docs/reference/glossary.md)", _refused_word, suffixes=TEXT),
    Rule("vague-name", "the concept's own name, or the code where it is used", _vague_name, suffixes=(*TEXT, ".js", ".css", ".html")),
]


def read_tree(root: Path) -> Tree:
    tree: Tree = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _PASSED_OVER and (not name.startswith(".") or name == ".ci"))
        for name in sorted(names):
            path = Path(folder) / name
            if path.suffix not in TEXT or path.is_symlink():
                continue
            try:
                text = path.read_text()
            except (UnicodeDecodeError, FileNotFoundError):  # Not text, or just removed.
                continue
            relative = path.relative_to(root).as_posix()
            tree[relative] = SourceFile(relative, text)
    return tree


def find(root: Path) -> list[Finding]:
    """Everything below `root` that breaks a rule."""
    tree = read_tree(root)
    return [Finding(file.path, line, rule.name, what, rule.right)
            for file in tree.values() for rule in RULES if rule.applies_to(file)
            for line, what in rule.look(file, tree) if not file.allows(min(line, len(file.lines)), rule.name)]
