"""How ./dev bench core reads the library's report."""

from bench import core

REPORT = {"benchmarks": [
    *({"run_name": f"step/{size}", "aggregate_name": "median", "items_per_second": per_s}
      for size, per_s in ((100, 2e6), (1_000, 1e6), (10_000, 6e5))),
    {"run_name": "step/100", "aggregate_name": "stddev", "items_per_second": 1.0},
    {"run_name": "loss/iterations:1/manual_time", "aggregate_name": "median", "real_time": 412.4},
    {"run_name": "place/iterations:200000", "aggregate_name": "median", "items_per_second": 171_228.4},
]}


def test_the_figures_are_the_medians() -> None:
    assert core.figures(REPORT) == {"step_ns": {"100": 500, "1000": 1000, "10000": 1667}, "loss_s": 0.412, "place_per_s": 171_228}


def test_the_table_shows_each_figure_with_its_bound() -> None:
    lines = core.table(core.figures(REPORT))
    assert len(lines) == 6
    assert "1,667 ns per heartbeat   at most 2,000 ns" in lines[2]
    assert "3.3 x   at most 4 x" in lines[3]
    assert "0.412 s   at most 1 s" in lines[4]
    assert "171,228 /s   at least 50,000 /s" in lines[5]
