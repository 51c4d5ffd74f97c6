"""The project's vocabulary: one word for one thing, in code, messages, metrics and docs alike.

docs/reference/glossary.md says what each word means; this file lists words that could be used instead of
it, and what to say. Part of tools/dev/source_checks.py.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    refused: re.Pattern[str]
    instead: str
    folders: tuple[str, ...] = ()  # Empty: everywhere.


def _stem(*stems: str) -> str:
    """The words themselves, and within names: `stem`, `a_stem_b`, `aStemB`."""
    return "|".join(rf"(?<![A-Za-z]){stem}(?![a-z])|(?<![A-Z]){stem.capitalize()}(?![a-z])" for stem in stems)


def _word(pattern: str, instead: str, *folders: str) -> Word:
    return Word(re.compile(pattern), instead, folders)


WORDS = (
    _word(_stem("wish", "wishes", "wished"), "assignment (what a node is given), or desired state"),
    _word(_stem("desire", "desires"), "desired state"),
    _word(_stem("told", "untold"), "reported, known, given, or asked to: whichever it is"),
    _word(_stem("heard", "unheard", "hears"), "received"),
    _word(r"(?<!sign of )(?<!signs of )\blife\b|(?<!Of)Life(?![a-z])|(?<!sign_of)_life(?![a-z])|\blives of\b",
          "incarnation (of an agent), start (of a process), boot (of a machine)"),
    _word(r"\bcop(y|ies) of (an?|the|each|every) (workload|instance|application|service)\b"
          r"|\b(running|staged|wanted|two|three) copies\b|\b(running|staged|wanted) copy\b", "instance"),
    _word(_stem("engine", "engines"), "runtime: the engine is Docker's, and known to its adapter",
          "src/core", "src/model", "src/ports", "src/shell"),
    _word(r"\bpersons?\b|must look at it", "operator; 'needs an operator'"),
    _word(r"stands twice", "'duplicate key'"),
    _word(r"(?<!std::)\b(act|visit|become)\(", "emit, on, execute, transition_to", "src", "tools"),
)

# Files that must keep a refused word: they name what changed, or must not change.
EXEMPT = ("CHANGELOG.md", "tools/dev/vocabulary.py", "tests/tools/test_source_checks.py", "src/adapters/sqlite/migrations/")


def findings(path: str, lines: list[str]) -> list[tuple[int, str, str]]:
    """(line, the refused word, what to say instead) of every use."""
    if path.startswith(EXEMPT):
        return []
    words = [word for word in WORDS if not word.folders or any(path.startswith(folder + "/") for folder in word.folders)]
    return [(number, match.group().strip(), word.instead)
            for number, line in enumerate(lines, 1) for word in words if (match := word.refused.search(line))]
