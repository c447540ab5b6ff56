"""Without the curve over ε: the same scores at ε, one threshold, and nothing drawn over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nerode.cli.app import app
from nerode.errors import RunMismatch
from nerode.evaluation.evaluation import evaluate
from nerode.metrics.walk import walk
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.report.from_json import figures

METRICS = ("compression", "distinction")
SMALL: dict[str, Any] = {"metrics": METRICS, "trials": 40, "baselines": ()}


@pytest.fixture(scope="module")
def midtown() -> World[Any]:
    return open_world("midtown")


@pytest.mark.slow
def test_scores_at_the_threshold_are_the_same(midtown: World[Any]) -> None:
    full, short = (
        evaluate(midtown, "noisy-oracle:0.05", curve=curve, **SMALL).record
        for curve in (True, False)
    )
    assert full["metrics"] == short["metrics"]
    assert full["witnesses"] == short["witnesses"]
    assert short["curves"]["epsilon"] == pytest.approx([0.01])
    assert len(full["curves"]["epsilon"]) == 6
    (at,) = (i for i, e in enumerate(full["curves"]["epsilon"]) if e == pytest.approx(0.01))
    for metric in METRICS:
        for name, points in short["curves"][metric].items():
            assert points == [full["curves"][metric][name][at]]


@pytest.mark.long
def test_a_network_scores_the_same_up_to_rounding(midtown: World[Any]) -> None:
    full, short = (
        evaluate(midtown, "untrained:layers=1,width=16,heads=2", curve=c, **SMALL | {"trials": 8})
        for c in (True, False)
    )
    for names in (("compression", "disagreement"), ("distinction", "recall")):
        one, other = (each.estimate(*names).value for each in (full, short))
        assert one == (None if other is None else pytest.approx(other, abs=1e-6))


@pytest.mark.slow
def test_no_figure_over_one_threshold(midtown: World[Any], tmp_path: Path) -> None:
    run = evaluate(midtown, "noisy-oracle:0.05", curve=False, **SMALL, out=tmp_path / "run")
    assert "thresholds" not in {figure.id.split("-")[-1] for figure in figures("a", run.record)}
    full = evaluate(midtown, "noisy-oracle:0.05", **SMALL)
    assert "thresholds" in {figure.id.split("-")[-1] for figure in figures("a", full.record)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "thresholds"),
    [(["--out", "OUT"], 6), (["--out", "OUT", "--no-curve"], 1), ([], 1), (["--curve"], 1)],
)
def test_the_command_scores_other_thresholds_where_somebody_sees_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], thresholds: int
) -> None:
    seen: list[int] = []
    plain = walk.Walk.run

    def run(self: walk.Walk) -> Any:
        seen.append(len(self.thresholds))
        return plain(self)

    monkeypatch.setattr(walk.Walk, "run", run)
    out = tmp_path / "run"
    told = [str(out) if word == "OUT" else word for word in arguments]
    command = ["evaluate", "cayley:n=3", "oracle", "--metrics", "compression", "--trials", "4"]
    result = CliRunner().invoke(app, [*command, "--baselines", "none", "--json", "-q", *told])
    assert result.exit_code == 0, result.output
    assert set(seen) == {thresholds}
    if out.exists():
        record = json.loads((out / "evaluation.json").read_text())
        assert len(record["curves"]["epsilon"]) == thresholds


@pytest.mark.slow
def test_a_run_with_the_curve_does_not_go_on_without(midtown: World[Any], tmp_path: Path) -> None:
    evaluate(midtown, "oracle", **SMALL, out=tmp_path)
    with pytest.raises(RunMismatch, match="curve"):
        evaluate(midtown, "oracle", **SMALL, out=tmp_path, curve=False)
