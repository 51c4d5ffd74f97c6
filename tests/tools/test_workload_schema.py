"""The schema that editors use agrees with the reader of workload files, on a corpus of documents.

Each folder of tests/workload_files says what both think of its documents. What only the reader refuses is listed by its files: rules
that compare two values, and bounds that a pattern cannot express.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.dev import build
from tools.dev.paths import ROOT

DOCUMENTS = ROOT / "tests" / "workload_files"
SCHEMA = json.loads((ROOT / "docs" / "reference" / "workload.schema.json").read_text())

# The interpreter that runs pytest may be another than the one for which Debian installs packages.
sys.path.append("/usr/lib/python3/dist-packages")
jsonschema = importlib.import_module("jsonschema")


def files(folder: str) -> list[Path]:
    found = sorted((DOCUMENTS / folder).glob("*.json"))
    assert found, f"no documents in {folder}"
    return found


def named(path: Path) -> str:
    return path.stem


def faults_of_schema(document: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


def check(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What `hearth deploy --check` says about a copy of the file beside a Dockerfile."""
    (folder / "Dockerfile").write_text("FROM scratch\n")
    copy = folder / "workload.yaml"
    copy.write_text(file.read_text())
    return subprocess.run([build.program("hearth"), "deploy", "--check", copy], text=True, capture_output=True)


def test_the_schema_is_one_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", files("good"), ids=named)
def test_both_accept(file: Path, tmp_path: Path) -> None:
    assert faults_of_schema(json.loads(file.read_text())) == []
    said = check(file, tmp_path)
    assert (said.returncode, said.stderr) == (0, ""), said.stdout


@pytest.mark.parametrize("file", files("bad"), ids=named)
def test_both_refuse(file: Path, tmp_path: Path) -> None:
    assert faults_of_schema(json.loads(file.read_text())) != []
    said = check(file, tmp_path)
    assert (said.returncode, said.stderr) == (2, ""), said.stdout
    assert said.stdout.startswith(f"{tmp_path}/workload.yaml:1:")


@pytest.mark.parametrize("file", files("beyond_the_schema"), ids=named)
def test_only_the_reader_refuses(file: Path, tmp_path: Path) -> None:
    assert faults_of_schema(json.loads(file.read_text())) == []
    said = check(file, tmp_path)
    assert (said.returncode, said.stderr) == (2, ""), said.stdout


def test_every_field_is_described() -> None:
    """The schema, the reader and the page name the same fields."""
    page = (ROOT / "docs" / "reference" / "workload_file.md").read_text()
    for field in SCHEMA["properties"]:
        assert f"| `{field}` |" in page
    for group, prefix in (("resources", "resources."), ("stop", "stop."), ("update", "update."), ("probes", "probes.")):
        for field in SCHEMA["properties"][group]["properties"]:
            assert f"`{prefix}{field}`" in page
    for definition in ("probe", "log_rule"):
        for field in SCHEMA["$defs"][definition]["properties"]:
            assert f"| `{field}` |" in page


def test_the_examples_of_the_page_are_good(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "workload_file.md").read_text()
    examples = page.split("```yaml workload\n")[1:]
    assert len(examples) >= 2
    for number, example in enumerate(examples):
        (tmp_path / "Dockerfile").write_text("FROM scratch\n")
        file = tmp_path / f"example{number}.yaml"
        file.write_text(example.split("```")[0])
        said = subprocess.run([build.program("hearth"), "deploy", "--check", file], text=True, capture_output=True)
        assert said.returncode == 0, said.stdout
