"""ARCHITECTURE.md names existing tests or properties for each invariant, and each property can fail."""

import re

from tools.dev.paths import ROOT

TESTS = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*_test.cc"))
SIM = "\n".join(path.read_text() for path in (ROOT / "src" / "sim").glob("*.*") if not path.name.endswith("_test.cc"))
PROPERTIES = set(re.findall(r'violate\(\s*"([a-z-]+)"', SIM))


def invariants() -> list[str]:
    section = (ROOT / "ARCHITECTURE.md").read_text().split("\n## Invariants\n")[1].split("\n## ")[0]
    return re.split(r"\n\d+\. ", section)[1:]


def names_of(invariant: str) -> list[str]:
    return re.findall(r"`([A-Za-z]+(?:[.-][A-Za-z-]+)?)`", invariant)


def is_there(name: str) -> bool:
    suite, _, test = name.partition(".")
    return name in PROPERTIES or bool(test and re.search(rf"\bTEST(_F|_P)?\({suite}, {test}\)", TESTS))


def test_every_invariant_names_a_test_or_property() -> None:
    assert len(invariants()) >= 11
    assert [one for one in invariants() if not names_of(one)] == []


def test_the_named_tests_and_properties_exist() -> None:
    assert [name for one in invariants() for name in names_of(one) if not is_there(name)] == []


def test_every_property_of_the_checker_is_broken_on_purpose_by_a_test() -> None:
    checker = set(re.findall(r'violate\(\s*"([a-z-]+)"', (ROOT / "src" / "sim" / "checker.cc").read_text()))
    broken = set(re.findall(r'EXPECT_EQ\(broken\(\), "([a-z-]+)"\)', (ROOT / "src" / "sim" / "checker_test.cc").read_text()))
    assert checker - broken == set()


def test_every_property_of_the_checker_is_listed_in_its_header() -> None:
    header = (ROOT / "src" / "sim" / "checker.h").read_text()
    listed = set(re.findall(r"^///   ([a-z-]+) ", header, re.MULTILINE))
    assert set(re.findall(r'violate\(\s*"([a-z-]+)"', (ROOT / "src" / "sim" / "checker.cc").read_text())) == listed


def test_every_grey_failure_names_tests_that_exist() -> None:
    table = (ROOT / "docs" / "internals" / "grey_failures.md").read_text().split("|---|---|---|---|\n")[1]
    lab = "\n".join(path.read_text() for path in (ROOT / "tests" / "lab").glob("test_*.py"))
    for row in table.strip().splitlines():
        names = re.findall(r"`([\w.]+)`", row.split(" | ")[-1])
        assert names, row
        for name in names:
            suite, _, test = name.partition(".")
            found = f"def {name}(" in lab if name.startswith("test_") else is_there(name) if test else re.search(rf"\bTEST(_F|_P)?\({suite}, ", TESTS)
            assert found, f"'{name}' of: {row}"
