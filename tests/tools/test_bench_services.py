"""How ./dev bench services reads a report, and what it leaves as it is."""

import json
from pathlib import Path

import pytest

from bench import services
from tools.dev.terminal import Failure

REPORT = {"benchmarks": [
    *({"run_name": f"log_rules/{name}", "aggregate_name": "median", "items_per_second": per_s}
      for name, per_s in (("ordinary/1", 9_000_000.4), ("ordinary/20", 2_500_000.0), ("ordinary/200", 1_000_000.0), ("hardest/200", 9e4))),
    {"run_name": "log_rules/ordinary/20", "aggregate_name": "stddev", "items_per_second": 1.0},
]}
FIGURES = {"lines_per_s_1": 9_000_000, "lines_per_s_20": 2_500_000, "lines_per_s_200": 1_000_000, "lines_per_s_200_hardest": 90_000}


def test_the_figures_are_the_medians() -> None:
    assert services.log_rules_figures(REPORT) == FIGURES


def test_the_table_shows_the_bound_and_whether_it_holds() -> None:
    rows = [str(row) for row in services.log_rules_rows(FIGURES)]
    assert rows[1].endswith("2,500,000 lines/s   at least 1,000,000 lines/s")
    assert rows[2].endswith("1,000,000 lines/s")
    missed = services.log_rules_rows({**FIGURES, "lines_per_s_20": 999_999})
    assert [row.holds for row in missed] == [True, False, True, True]
    assert str(missed[1]).endswith("at least 1,000,000 lines/s: missed")


def test_other_keys_keep_their_values(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "services.json"
    services.merge(file, {"log_rules": FIGURES})
    services.merge(file, {"db_truth": {"p50_s": 0.1}})
    services.merge(file, {"log_rules": {"action_ms_p99": 12.0}})
    services.merge(file, {"log_rules": {"lines_per_s_1": 1}})
    assert json.loads(file.read_text()) == {"log_rules": {**FIGURES, "action_ms_p99": 12.0, "lines_per_s_1": 1}, "db_truth": {"p50_s": 0.1}}


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(Failure, match="no part 'log_rulse'; there are log_rules"):
        services.main(["log_rulse"])
